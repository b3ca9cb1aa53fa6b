import type { Journal, Performer } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { requestRollback } from "../src/index.ts";
import { handClock } from "./hand-clock.ts";
import {
  ana,
  driveRun,
  driveToEnd,
  eventsOf,
  every,
  memoryJournal,
  openApproved,
  until,
  value,
} from "./runs.ts";
import { problem, type TestWorld, testWorld, untilAborted } from "./world.ts";

const DEADLINE = 40_000;

/** A kind that no target protects: a message sent, a program run. */
const unfencedKind = (world: TestWorld): Performer => ({ ...world.performer, deadlineMs: () => DEADLINE });

const plan = aPlan({
  limits: { attempts: 2, backoffSeconds: 0.001 },
  steps: [{ id: "main.send", kind: "test.send", effect: "unfenced", undo: "lossless" }],
});

/** A run whose conductor left an unfenced effect behind: intended, never done. Gives the run. */
async function leftBehind(journal: Journal): Promise<string> {
  const run = await openApproved(journal, plan);
  const stop = new AbortController();
  const world = testWorld("test.send", async ({ what }, context) => {
    if (what !== "perform") return undefined;
    stop.abort();
    return untilAborted(context.signal);
  });
  const performers = every(unfencedKind(world));
  value(await driveRun({ journal, run, performers, signal: stop.signal, graceMs: 0 }));
  return run;
}

test("the intent of an unfenced effect carries its deadline, that of others none", async () => {
  const journal = memoryJournal();
  const run = await leftBehind(journal);
  const intents = (await eventsOf(journal, run)).filter((event) => event.type === "effect.intended");
  expect(intents).toMatchObject([{ step: "main.send", deadlineMs: DEADLINE }]);
  const other = memoryJournal();
  const calm = await openApproved(other, aPlan({ steps: [{ id: "main.one" }] }));
  await driveToEnd({ journal: other, run: calm, performers: every(testWorld().performer) });
  const others = (await eventsOf(other, calm)).filter((event) => event.type === "effect.intended");
  expect(others.map((event) => "deadlineMs" in event)).toEqual([false]);
});

test.each(["forward", "back"] as const)(
  "a successor goes %s only when the effect's deadline has passed since it took the lease",
  async (way) => {
    const journal = memoryJournal();
    const run = await leftBehind(journal);
    if (way === "back") value(await requestRollback({ journal, run, by: ana, reason: "test" }));
    const world = testWorld("test.send");
    world.present.add("main.send/-");
    const clock = handClock();
    const driving = driveToEnd({
      journal,
      run,
      performers: every(unfencedKind(world)),
      clock,
      ttlMs: 60_000,
    });
    const waits = () => clock.waiting(DEADLINE) || world.calls.length > 0;
    await until(waits, "it waits the deadline out");
    clock.move(DEADLINE - 1);
    await Promise.resolve();
    expect(world.calls).toEqual([]);
    clock.move(1);
    const end = await driving;
    expect(end.state.ended?.outcome).toBe(way === "forward" ? "succeeded" : "rolled-back");
    expect(world.calls.map(({ what }) => what)).toEqual(
      way === "forward" ? ["perform"] : ["observe", "undo"],
    );
  },
);

test("what this conductor has begun itself it need not wait for", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  let tries = 0;
  const world = testWorld("test.send", async ({ what }) => {
    if (what !== "perform") return undefined;
    tries += 1;
    return tries === 1 ? [problem("BATON-TEST-ONCE")] : undefined;
  });
  const end = await driveToEnd({ journal, run, performers: every(unfencedKind(world)) });
  expect(end.state.ended?.outcome).toBe("succeeded");
  expect(tries).toBe(2);
});

test("a try that is at work past its deadline is stopped and counts as failed", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  let tries = 0;
  const world = testWorld("test.send", async ({ what }, context) => {
    if (what !== "perform") return undefined;
    tries += 1;
    return tries === 1 ? untilAborted(context.signal) : undefined;
  });
  const performer = { ...world.performer, deadlineMs: () => 20 };
  const end = await driveToEnd({ journal, run, performers: every(performer) });
  expect(end.state.ended?.outcome).toBe("succeeded");
  const failures = (await eventsOf(journal, run)).filter((event) => event.type === "effect.failed");
  expect(failures).toMatchObject([{ problem: { code: "BATON-ACTION-DEADLINE" }, final: false }]);
});
