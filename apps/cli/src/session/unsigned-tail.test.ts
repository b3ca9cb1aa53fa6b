import { openRun } from "@baton/conductor";
import { type Actor, type Problem, type Result, UNSIGNED, type Verification } from "@baton/core";
import { createMemoryJournal } from "@baton/journal";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { tellVerification } from "../commands/audit-verify.ts";
import { ExitCode } from "../exit-code.ts";
import { Output } from "../output.ts";
import { judgeTail } from "./unsigned-tail.ts";

const ana: Actor = { kind: "person", name: "ana", via: "local account" };
const NOW = Date.parse("2026-11-21T12:00:00Z");

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join());
  return result.value;
}

const problem = (code: Problem["code"]): Problem => ({ code, message: "m", remedy: "r" });
const tail = (ageSeconds: number): Verification => ({
  journal: "j",
  events: 12,
  streams: 2,
  statements: 1,
  signedTo: 9,
  unsigned: 3,
  unsignedSince: NOW - ageSeconds * 1000,
  records: 1,
  problems: [],
  found: 0,
  unknown: [problem(UNSIGNED)],
});

/** A journal with an open run, whose lease somebody holds for 10 s, or held. */
async function driven(leftSeconds: number | null) {
  let now = NOW - 10_000;
  const journal = createMemoryJournal({ now: () => now });
  const plan = aPlan({ steps: [{ id: "main.one" }] });
  const run = value(await openRun({ journal, plan, by: ana, approvedBy: ana }));
  if (leftSeconds !== null) value(await journal.acquire(`run/${run}`, "host 7", 10_000 + leftSeconds * 1000));
  now = NOW;
  return { journal, environment: plan.environment };
}

async function exitOf(
  verified: Verification,
  seconds: number,
  leftSeconds: number | null,
): Promise<ExitCode> {
  const judged = value(await judgeTail(verified, seconds, await driven(leftSeconds)));
  return tellVerification(verified, new Output({ json: false }), judged);
}

test("newest unsigned events are accepted while a run is driven and they are young, and only then", async () => {
  expect(await exitOf(tail(50), 60, 5)).toBe(ExitCode.done);
  expect(await exitOf(tail(60), 60, 5)).toBe(ExitCode.done);
  expect(await exitOf(tail(61), 60, 5)).toBe(ExitCode.failed);
  expect(await exitOf(tail(-1), 60, 5)).toBe(ExitCode.failed);
  expect(await exitOf(tail(50), 60, -1)).toBe(ExitCode.failed);
  expect(await exitOf(tail(50), 60, null)).toBe(ExitCode.failed);
});

test("what is wrong, or unknown for another reason, is never accepted with them", async () => {
  const found = { ...tail(1), found: 1, problems: [problem("BATON-AUDIT-EDITED")], unknown: [] };
  expect(await exitOf(found, 60, 5)).toBe(ExitCode.failed);
  const unknown = { ...tail(1), unknown: [problem(UNSIGNED), problem("BATON-AUDIT-ANCHOR-NONE")] };
  expect(await exitOf(unknown, 60, 5)).toBe(ExitCode.failed);
});

test("accepted events stay unknown in what is said: the verdict names who drives and what was allowed", async () => {
  const judged = value(await judgeTail(tail(50), 60, await driven(5)));
  expect(judged).toMatchObject({
    accepted: true,
    why: expect.stringMatching(/^host 7 drives \S+, and 60 s/),
  });
  const refused = value(await judgeTail(tail(90), 60, await driven(5)));
  expect(refused).toEqual({ accepted: false, why: "their first is 90 s old, and 60 s are allowed" });
});
