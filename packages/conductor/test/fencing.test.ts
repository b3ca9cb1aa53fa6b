import { type EffectClass, failed, ok } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { requestRollback } from "../src/index.ts";
import { ana, driveRun, driveToEnd, every, memoryJournal, openApproved, value } from "./runs.ts";
import { problem, testWorld, untilAborted } from "./world.ts";

/**
 * Conductor A dies as far as the journal sees, stopped in the middle of its perform; B takes the run back and sees nothing.
 * The target keeps the newest epoch that touched it. Gives what A's late effect meets, and whether B's undo was called.
 */
async function standstill(effect: EffectClass): Promise<{ late: string; undone: boolean }> {
  const journal = memoryJournal();
  const run = await openApproved(journal, aPlan({ steps: [{ id: "main.one", effect }] }));
  let newest = 0;
  const world = testWorld();
  const stop = new AbortController();
  let late: () => string = () => "never begun";
  const target = {
    ...world.performer,
    perform: async (...[, , , context]: Parameters<typeof world.performer.perform>) => {
      late = () => (context.epoch < newest ? "refused" : "taken");
      stop.abort();
      return failed(...(await untilAborted(context.signal)), problem("BATON-TEST-ABORTED"));
    },
    undo: async (...[, , , , context]: Parameters<typeof world.performer.undo>) => {
      newest = context.epoch;
      return ok(null);
    },
  };
  const performers = every(target);
  value(await driveRun({ journal, run, performers, signal: stop.signal, graceMs: 0 }));
  value(await requestRollback({ journal, run, by: ana, reason: "test" }));
  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("rolled-back");
  return { late: late(), undone: newest > 0 };
}

test.each(["fenced", "compare-and-set"] as const)(
  "a %s effect is undone also where nothing is seen, so that a conductor that stood still comes too late",
  async (effect) => {
    expect(await standstill(effect)).toEqual({ late: "refused", undone: true });
  },
);

test("an effect whose target refuses nobody is not undone where nothing is there", async () => {
  expect(await standstill("convergent")).toEqual({ late: "taken", undone: false });
});
