import type { Journal } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadRun, requestRollback } from "../src/index.ts";
import { ana, driveRun, driveToEnd, every, memoryJournal, openApproved, value } from "./runs.ts";
import { testWorld, untilAborted } from "./world.ts";

const tenants = ["a", "b", "c", "d", "e"];
const plan = aPlan({
  tenants,
  limits: { units: 3, perHost: 3, backoffSeconds: 0.001 },
  steps: [
    { id: "main.keys", units: tenants },
    { id: "main.deploy", undo: "lossless" },
    { id: "main.each", after: ["main.keys", "main.deploy"], units: tenants },
    { id: "main.check", after: ["main.each"], undo: "inert" },
    { id: "main.last", after: ["main.each"], units: tenants },
  ],
});

test("asked for at any moment, a rollback leaves the world as it was", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 3 })),
      async (at, turns) => {
        const journal = memoryJournal();
        const run = await openApproved(journal, plan);
        let appends = 0;
        let asked = false;
        const ask = async () => {
          if (asked) return;
          asked = true;
          value(await requestRollback({ journal, run, by: ana, reason: "test" }));
        };
        const counting: Journal = {
          ...journal,
          append: async (batch, lease) => {
            if (++appends === at) await ask();
            return journal.append(batch, lease);
          },
        };
        let call = 0;
        const world = testWorld("service.deploy", async () => {
          // Latencies in turns of the event loop, drawn: which effects overlap differs from run to run.
          for (let turn = turns[call++ % Math.max(1, turns.length)] ?? 0; turn > 0; turn--)
            await new Promise((resolve) => setImmediate(resolve));
          return undefined;
        });
        const performers = every(world.performer);
        await driveToEnd({ journal: counting, run, performers });
        await ask();
        const end = await driveToEnd({ journal, run, performers });
        expect(end.state.ended?.outcome).toBe("rolled-back");
        expect(end.state.anomalies).toEqual({ count: 0, last: null });
        // An inert step leaves nothing to take back: this world holds on to it.
        expect([...world.present].filter((place) => place !== "main.check/-")).toEqual([]);
        const replayed = value(
          await loadRun({ ...journal, loadSnapshot: async () => ({ ok: true, value: null }) }, run),
        );
        expect(replayed.state.steps.toJS()).toEqual(end.state.steps.toJS());
      },
    ),
    { numRuns: 60 },
  );
});

test("another process's request stops what is under way and takes it back", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const reached = Promise.withResolvers<void>();
  const world = testWorld("service.deploy", async ({ what, step, unit }, context) => {
    if (what !== "perform" || step !== "main.each" || unit !== "b") return undefined;
    world.present.add(`${step}/${unit}`); // half done when it is stopped
    reached.resolve();
    return untilAborted(context.signal);
  });
  const driven = driveToEnd({ journal, run, performers: every(world.performer) });
  await reached.promise;
  value(await requestRollback({ journal, run, by: ana, reason: "p99 is up" }));
  const end = await driven;
  expect(end.state.ended?.outcome).toBe("rolled-back");
  expect(end.state.rollback).toMatchObject({ reason: "p99 is up", by: ana });
  expect(world.present.size).toBe(0);
});

test("an intended effect of a dead conductor is stopped on paper before it is taken back", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const stop = new AbortController();
  const dying = testWorld("service.deploy", async ({ what, step }, context) => {
    if (what !== "perform" || step !== "main.deploy") return undefined;
    dying.present.add("main.deploy/-");
    stop.abort();
    return untilAborted(context.signal);
  });
  const performers = every(dying.performer);
  value(await driveRun({ journal, run, performers, signal: stop.signal, graceMs: 0 }));
  value(await requestRollback({ journal, run, by: ana, reason: "test" }));
  const end = await driveToEnd({ journal, run, performers });
  expect(end.state.ended?.outcome).toBe("rolled-back");
  expect(end.state.anomalies.count).toBe(0);
  expect(dying.present.size).toBe(0);
});
