import { type Plan, planHash } from "@baton/core";
import { sha256 } from "@baton/testkit/arbitraries/index";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { openRun, requestRetry, requestRollback, requestScope } from "../src/index.ts";
import { ana, codes, driveRun, driveToEnd, every, memoryJournal, openApproved, value } from "./runs.ts";
import { testWorld } from "./world.ts";

/** Two rings of two tenants each, one after the other, and a contract that needs all. */
function ringed(): Plan {
  const tenants = ["a", "b", "c", "d"].map((id, at) => ({
    id,
    ring: at < 2 ? "pilot" : "general",
    database: id,
    host: "db-1",
  }));
  const draft = aPlan({
    tenants,
    steps: [
      { id: "prepare.keys", units: ["a", "b", "c", "d"] },
      { id: "pilot.expand", after: ["prepare.keys"], units: ["a", "b"] },
      { id: "pilot.switch", after: ["pilot.expand"], units: ["a", "b"] },
      { id: "general.expand", after: ["pilot.switch"], units: ["c", "d"] },
      { id: "general.switch", after: ["general.expand"], units: ["c", "d"] },
      { id: "contract.drop", after: ["general.switch"], units: ["a", "b", "c", "d"], undo: "none" },
    ],
  });
  const phases = draft.phases.map((phase) => ({
    ...phase,
    ring: draft.rings.includes(phase.id) ? phase.id : null,
  }));
  const plan = { ...draft, phases };
  return { ...plan, hash: planHash(plan, sha256) };
}

function aWorld() {
  const journal = memoryJournal();
  const world = testWorld();
  const performers = every(world.performer);
  const drive = async (run: string) =>
    value(await driveRun({ journal, run, performers, until: "wait" })).state;
  return { journal, world, performers, drive };
}

test("one ring forward: what goes before goes too, nothing beyond begins, and the run waits until it may go on", async () => {
  const { journal, world, performers, drive } = aWorld();
  const run = await openApproved(journal, ringed());
  const scope = (ring: string | null, tenant: string | null = null) =>
    requestScope({ journal, run, by: ana, ring, tenant });
  expect(codes(await scope("nowhere"))).toEqual(["BATON-RUN-SCOPE"]);
  expect(codes(await scope("pilot", "c"))).toEqual(["BATON-RUN-SCOPE"]);
  value(await scope("pilot"));
  const state = await drive(run);
  expect(state.waiting).toMatchObject({
    step: "general.expand",
    reason: "goes no further than ring pilot for now",
  });
  expect([...world.present].sort()).toEqual([
    "pilot.expand/a",
    "pilot.expand/b",
    "pilot.switch/a",
    "pilot.switch/b",
    "prepare.keys/a",
    "prepare.keys/b",
    "prepare.keys/c",
    "prepare.keys/d",
  ]);
  value(await scope(null));
  expect((await driveToEnd({ journal, run, performers })).state).toMatchObject({
    ended: { outcome: "succeeded" },
    anomalies: { count: 0 },
  });
  expect(codes(await scope("pilot"))).toEqual(["BATON-RUN-ENDED"]);
});

test("one tenant forward: the others of its ring are left out and block contract, and follow when the run may go on", async () => {
  const { journal, world, performers, drive } = aWorld();
  const run = await openApproved(journal, ringed());
  const scope = (ring: string | null, tenant: string | null = null) =>
    requestScope({ journal, run, by: ana, ring, tenant });
  value(await scope(null, "b"));
  const state = await drive(run);
  expect(state.waiting).toMatchObject({ step: "general.expand", reason: "goes no further than b for now" });
  expect(state.parked.get("a")?.code).toBe("BATON-TENANT-HELD-BACK");
  expect([...world.present].filter((place) => place.startsWith("pilot")).sort()).toEqual([
    "pilot.expand/b",
    "pilot.switch/b",
  ]);
  expect(codes(await scope(null, "a"))).toEqual(["BATON-RUN-SCOPE"]);
  expect(codes(await requestRetry({ journal, run, by: ana, step: null, tenant: "a" }))).toEqual([
    "BATON-RUN-NOTHING-TO-RETRY",
  ]);
  value(await scope("pilot"));
  expect((await drive(run)).parked.size).toBe(0);
  expect(world.present.has("pilot.switch/a")).toBe(true);
  expect(world.present.has("general.expand/c")).toBe(false);
  value(await scope(null));
  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("succeeded");
  expect([...world.applied.values()].every((times) => times === 1)).toBe(true);
});

test("a run that was let go so far and no further is taken back whole", async () => {
  const { journal, world, performers, drive } = aWorld();
  const run = await openApproved(journal, ringed());
  value(await requestScope({ journal, run, by: ana, ring: null, tenant: "b" }));
  await drive(run);
  expect(codes(await openRun({ journal, plan: ringed(), by: ana }))).toEqual(["BATON-RUN-OPEN"]);
  value(await requestRollback({ journal, run, by: ana, reason: "test" }));
  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("rolled-back");
  expect(world.present.size).toBe(0);
});
