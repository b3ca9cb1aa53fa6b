import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { merkleRoot, type RootedEvent, verifyRoots } from "../index.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const unit = (stream: string, seq: number): RootedEvent => ({
  stream,
  seq,
  type: "effect.done",
  hash: sha256(`${stream}/${seq}`),
  data: {},
});
const units = [unit("run/r/units/1", 1), unit("run/r/units/1", 2), unit("run/r/units/3", 1)];
const heads = { "run/r/units/1": units[1]?.hash ?? "", "run/r/units/3": units[2]?.hash ?? "" };
const pairs = Object.entries(heads).map(([stream, hash]) => ({ stream, hash }));
const end = (data: object): RootedEvent => ({
  stream: "run/r",
  seq: 9,
  type: "step.ended",
  hash: "9",
  data: { step: "a.b", outcome: "succeeded", ...data },
});
const whole = end({ units: { root: merkleRoot(pairs, sha256), heads } });
const codes = (events: readonly RootedEvent[]) => verifyRoots(events, sha256).map(({ code }) => code);

describe("roots of fan-outs", () => {
  it("hold while the unit streams are as they were, and when they have grown since", () => {
    expect(codes([...units, whole])).toEqual([]);
    expect(codes([...units, whole, unit("run/r/units/3", 2)])).toEqual([]);
    expect(codes([...units, end({ units: null })])).toEqual([]);
  });

  it("name a unit stream that was rewritten or cut, and where it was summed up", () => {
    expect(codes([units[0] ?? unit("x", 1), units[2] ?? unit("x", 1), whole])).toEqual(["BATON-AUDIT-HEAD"]);
    expect(verifyRoots([whole], sha256)[0]?.details).toEqual({ stream: "run/r", seq: 9 });
  });

  it("do not fit other heads", () => {
    expect(codes([...units, end({ units: { root: "0", heads } })])).toEqual(["BATON-AUDIT-ROOT"]);
  });
});
