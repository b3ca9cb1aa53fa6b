import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { requestDone, requestRollback, requestSkip } from "../src/index.ts";
import {
  ana,
  codes,
  driveRun,
  driveToEnd,
  eventsOf,
  every,
  memoryJournal,
  openApproved,
  value,
} from "./runs.ts";
import { noPorts, problem, testWorld } from "./world.ts";

const tenants = ["a", "b"];
const plan = aPlan({
  tenants,
  holds: ["hold"],
  limits: { attempts: 1 },
  onFailure: "wait",
  steps: [
    { id: "main.healthy", kind: "check.http", undo: "inert" },
    { id: "main.each", after: ["main.healthy"], units: tenants },
    { id: "hold.bake", kind: "gate.bake", undo: "inert", input: { seconds: 9_000 }, after: ["main.each"] },
    {
      id: "hold.yes",
      kind: "gate.approval",
      undo: "inert",
      input: { role: "approver" },
      after: ["hold.bake"],
    },
  ],
});

test("a check that fails is skipped with a reason, an effect is not: it is done by hand, and counts when it is observed", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const checks = testWorld("check.http", async ({ what }) =>
    what === "perform" ? [problem("BATON-TEST-DOWN")] : undefined,
  );
  let blind = false;
  const world = testWorld("service.deploy", async ({ what, unit }) => {
    if (what === "observe" && blind) return [problem("BATON-TEST-BLIND")];
    return what === "perform" && unit === "b" ? [problem("BATON-TEST-DOWN")] : undefined;
  });
  const performers = every(checks.performer, world.performer);
  const skip = (step: string, tenant: string | null = null) =>
    requestSkip({ journal, run, by: ana, step, tenant, reason: "seen by eye" });
  const done = (step: string, tenant: string | null = null) =>
    requestDone({ journal, run, by: ana, step, tenant, evidence: "row 7", performers, ports: noPorts });

  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("needs-operator");
  expect(codes(await skip("main.each"))).toEqual(["BATON-RUN-NOT-OPEN"]);
  expect(codes(await skip("main.nowhere"))).toEqual(["BATON-RUN-NO-STEP"]);
  value(await skip("main.healthy"));

  const failed = await driveToEnd({ journal, run, performers });
  expect(failed.state.ended).toMatchObject({ outcome: "needs-operator" });
  const effect = await skip("main.each", "b");
  expect(codes(effect)).toEqual(["BATON-RUN-NO-SKIP"]);
  expect(effect.ok ? "" : effect.problems[0]?.remedy).toContain("baton done main.each --tenant b --evidence");
  expect(codes(await done("main.each"))).toEqual(["BATON-RUN-NO-DONE"]);
  expect(codes(await done("main.each", "a"))).toEqual(["BATON-RUN-NOT-OPEN"]);
  expect(codes(await done("main.each", "b"))).toEqual(["BATON-ACTION-NOT-PRESENT"]);
  blind = true;
  expect(codes(await done("main.each", "b"))).toEqual(["BATON-ACTION-UNKNOWN"]);
  blind = false;
  world.present.add("main.each/b");
  value(await done("main.each", "b"));

  // Nobody waits for the bake of two hours and a half either; an approval is given, never skipped.
  const bakes = driveRun({ journal, run, performers, until: "wait" });
  expect(value(await bakes).state.steps.get("hold.bake")?.status).toBe("running");
  expect(codes(await done("hold.bake"))).toEqual(["BATON-RUN-NO-DONE"]);
  value(await skip("hold.bake"));
  const { state } = value(await driveRun({ journal, run, performers, until: "wait" }));
  expect(state).toMatchObject({ waiting: { step: "hold.yes" }, anomalies: { count: 0 } });
  expect(codes(await skip("hold.yes"))).toEqual(["BATON-RUN-NO-SKIP"]);
  expect(
    state.byHand.map(({ how, step, tenant, by, reason }) => [how, step, tenant, by.name, reason]),
  ).toEqual([
    ["skipped", "main.healthy", null, "ana", "seen by eye"],
    ["done", "main.each", "b", "ana", "row 7"],
    ["skipped", "hold.bake", null, "ana", "seen by eye"],
  ]);
  expect((await eventsOf(journal, run)).filter(({ type }) => type === "step.done-declared")).toMatchObject([
    { evidence: "row 7", by: ana },
  ]);

  // What was brought about by hand is taken back like the run's own.
  value(await requestRollback({ journal, run, by: ana, reason: "test" }));
  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("rolled-back");
  expect([...world.present]).toEqual([]);
});

test("what was never begun cannot be declared done: what was there before is not known", async () => {
  const journal = memoryJournal();
  const run = await openApproved(
    journal,
    aPlan({ onFailure: "wait", limits: { attempts: 1 }, steps: [{ id: "main.one" }] }),
  );
  const world = testWorld("service.deploy", async ({ what }) =>
    what === "check" ? [problem("BATON-TEST-DOWN")] : undefined,
  );
  const performers = every(world.performer);
  await driveToEnd({ journal, run, performers });
  world.present.add("main.one/-");
  const said = { journal, run, by: ana, step: "main.one", tenant: null, evidence: "seen" };
  expect(codes(await requestDone({ ...said, performers, ports: noPorts }))).toEqual(["BATON-RUN-NO-DONE"]);
});
