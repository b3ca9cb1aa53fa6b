import { sha256 } from "@baton/testkit/arbitraries/index";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  eventHash,
  merkleProof,
  merkleRoot,
  NO_HASH,
  type SealedEvent,
  verifyMerkleProof,
  verifyStream,
} from "../index.ts";

function chain(texts: readonly string[], stream = "run/r1"): SealedEvent[] {
  let previous = NO_HASH;
  return texts.map((text, index) => {
    const event = {
      stream,
      seq: index + 1,
      at: 1000 + index,
      epoch: 1,
      type: "step.started",
      version: 1,
      text,
    };
    const hash = eventHash(previous, event, sha256);
    const sealed = { ...event, previous, hash };
    previous = hash;
    return sealed;
  });
}

const headOf = (events: readonly SealedEvent[]) => {
  const last = events.at(-1);
  return { stream: "run/r1", seq: last?.seq ?? 0, hash: last?.hash ?? NO_HASH };
};

const codes = (events: readonly SealedEvent[], head: ReturnType<typeof headOf> | null) =>
  verifyStream(events, head, sha256).map((problem) => [problem.code, problem.details]);

const at = (seq: number) => ({ stream: "run/r1", seq });
const whole = chain(["{}", '{"a":1}', '{"a":2}', '{"a":3}']);
const without = (seq: number) => whole.filter((event) => event.seq !== seq);
const edited = (seq: number, change: Partial<SealedEvent>) =>
  whole.map((event) => (event.seq === seq ? { ...event, ...change } : event));

describe("a stream's chain", () => {
  it("covers the bytes that docs/journal.md names", () => {
    const event = {
      stream: "run/r1",
      seq: 7,
      at: 12,
      epoch: 3,
      type: "run.started",
      version: 1,
      text: '{"ä":1}',
    };
    expect(eventHash("ff", event, sha256)).toBe(sha256('ff\nrun/r1\n7\n12\n3\nrun.started\n1\n{"ä":1}'));
  });

  it("is whole as written, with and without a head", () => {
    expect(codes(whole, headOf(whole))).toEqual([]);
    expect(codes(whole, null)).toEqual([]);
    expect(codes([], { stream: "run/r1", seq: 0, hash: NO_HASH })).toEqual([]);
  });

  it("shows an edited event where it is, whichever field was edited", () => {
    const changes = [{ text: "{}" }, { at: 1 }, { epoch: 2 }, { type: "run.started" }, { version: 2 }];
    for (const change of changes)
      expect(codes(edited(2, change), headOf(whole))).toEqual([["BATON-AUDIT-EDITED", at(2)]]);
  });

  it("shows an edited event whose hash was made anew at the link behind it", () => {
    const [, second] = whole;
    if (second === undefined) throw new Error("the chain has no second event");
    const changed = { ...second, text: "{}" };
    const forged = edited(2, { text: "{}", hash: eventHash(second.previous, changed, sha256) });
    expect(codes(forged, headOf(whole))).toEqual([["BATON-AUDIT-BROKEN", at(3)]]);
  });

  it("shows removed, reordered and cut events", () => {
    expect(codes(without(2), headOf(whole))).toEqual([["BATON-AUDIT-REMOVED", at(2)]]);
    expect(codes(without(1), headOf(whole))).toEqual([["BATON-AUDIT-REMOVED", at(1)]]);
    expect(codes(whole.slice(0, 2), headOf(whole))).toEqual([["BATON-AUDIT-CUT", at(3)]]);
    const [a, b, c, d] = whole;
    if (!a || !b || !c || !d) throw new Error("the chain is too short");
    expect(codes([a, c, b, d], headOf(whole))).toContainEqual(["BATON-AUDIT-REORDERED", at(2)]);
  });

  it("shows a chain rewritten from its start only against a head kept elsewhere", () => {
    const rewritten = chain(["{}", "{}", "{}", "{}"]);
    expect(codes(rewritten, null)).toEqual([]);
    expect(codes(rewritten, headOf(whole))).toEqual([["BATON-AUDIT-REWRITTEN", at(4)]]);
  });

  it("accepts what was appended after the head was taken", () => {
    expect(codes(whole, headOf(whole.slice(0, 2)))).toEqual([]);
  });

  it("shows any single change, wherever it is", () => {
    const arbitrary = fc
      .array(fc.string(), { minLength: 1, maxLength: 8 })
      .chain((texts) => fc.tuple(fc.constant(texts), fc.nat({ max: texts.length - 1 }), fc.string()));
    fc.assert(
      fc.property(arbitrary, ([texts, position, other]) => {
        fc.pre(texts[position] !== other);
        const events = chain(texts);
        const changed = events.map((event, index) =>
          index === position ? { ...event, text: other } : event,
        );
        expect(codes(changed, headOf(events))).toEqual([["BATON-AUDIT-EDITED", at(position + 1)]]);
        const cut = events.filter((_, index) => index !== position);
        expect(codes(cut, headOf(events)).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe("a Merkle tree over stream heads", () => {
  const heads = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      stream: `run/r1/units/${index}`,
      hash: sha256(`${index}`),
    }));

  it("proves each head against the root, and nothing else", () => {
    for (let count = 1; count <= 17; count++) {
      const all = heads(count);
      const root = merkleRoot(all, sha256);
      for (const head of all) {
        const proof = merkleProof(all, head.stream, sha256);
        expect(proof).not.toBeNull();
        expect(verifyMerkleProof(head, proof ?? [], root, sha256)).toBe(true);
        expect(verifyMerkleProof({ ...head, hash: sha256("other") }, proof ?? [], root, sha256)).toBe(false);
      }
    }
  });

  it("depends on no order, and on every head", () => {
    const all = heads(5);
    const root = merkleRoot(all, sha256);
    expect(merkleRoot([...all].reverse(), sha256)).toBe(root);
    expect(merkleRoot(all.slice(1), sha256)).not.toBe(root);
    expect(merkleProof(all, "run/other", sha256)).toBeNull();
  });

  it("never takes a node for a leaf", () => {
    const [a, b] = heads(2);
    if (!a || !b) throw new Error("two heads are needed");
    const root = merkleRoot([a, b], sha256);
    const inner = {
      stream: sha256(`baton-leaf\n${a.stream}\n${a.hash}`),
      hash: sha256(`baton-leaf\n${b.stream}\n${b.hash}`),
    };
    expect(merkleRoot([inner], sha256)).not.toBe(root);
  });
});
