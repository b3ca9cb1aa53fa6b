import { createMemoryJournal } from "@baton/journal";
import { aPlan } from "@baton/testkit/builders/index";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { codes, driveRun, driveToEnd, eventsOf, every, openApproved } from "./runs.ts";
import { testWorld } from "./world.ts";

const HOUR = 3_600_000;

const plan = aPlan({
  limits: { backoffSeconds: 0.001 },
  steps: [
    { id: "main.one" },
    { id: "main.two", after: ["main.one"] },
    { id: "main.three", after: ["main.two"] },
  ],
});

// The wall clock of conductor and journal both; the monotonic one goes on, as on a machine whose time is corrected.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 10 * HOUR, shouldAdvanceTime: true });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A world in which the machine's time of day jumps while the second step's effect is under way, once. */
function jumpingWorld(ms: number) {
  let left = true;
  return testWorld("service.deploy", async ({ what, step }) => {
    if (left && what === "perform" && step === "main.two") {
      left = false;
      vi.setSystemTime(Date.now() + ms);
    }
    return undefined;
  });
}

test("the machine's clock jumps an hour ahead: the conductor takes its lease for over, performs nothing more, and the next one goes on", async () => {
  const journal = createMemoryJournal({ now: Date.now });
  const run = await openApproved(journal, plan);
  const world = jumpingWorld(HOUR);
  const performers = every(world.performer);
  expect(codes(await driveRun({ journal, run, performers }))).toEqual(["BATON-RUN-LEASE-LOST"]);
  expect(world.calls.filter(({ step }) => step === "main.three")).toEqual([]);
  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("succeeded");
  expect([...world.applied.values()]).toEqual([1, 1, 1]);
});

test("the machine's clock jumps an hour back: the run goes on, and its events never go back in time", async () => {
  const journal = createMemoryJournal({ now: Date.now });
  const run = await openApproved(journal, plan);
  const world = jumpingWorld(-HOUR);
  const end = await driveToEnd({ journal, run, performers: every(world.performer) });
  expect(end.state.ended?.outcome).toBe("succeeded");
  expect([...world.applied.values()]).toEqual([1, 1, 1]);
  expect((await eventsOf(journal, run)).filter(({ type }) => type === "effect.done")).toHaveLength(3);
  const stored = await journal.read(`run/${run}`);
  const times = stored.ok ? stored.value.map(({ at }) => at) : [];
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
