import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { approveGate, requestRetry, requestRollback, requestTenantRollback } from "../src/index.ts";
import { ana, codes, driveRun, driveToEnd, every, memoryJournal, openApproved, value } from "./runs.ts";
import { problem, testWorld } from "./world.ts";

const tenants = ["a", "b", "c"];
const plan = aPlan({
  tenants,
  holds: ["hold"],
  limits: { units: 3, perHost: 3, attempts: 1 },
  onFailure: "wait",
  steps: [
    { id: "ring.expand", units: tenants, undo: "lossless" },
    { id: "ring.fill", after: ["ring.expand"], units: tenants, undo: "inert" },
    { id: "ring.switch", after: ["ring.fill"], units: tenants },
    {
      id: "hold.yes",
      kind: "gate.approval",
      undo: "inert",
      input: { role: "approver" },
      after: ["ring.switch"],
    },
    { id: "contract.drop", after: ["hold.yes"], units: tenants, undo: "none" },
  ],
});

test("one tenant goes back while the others stay, blocks contract, and is brought forward again under new names", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const world = testWorld();
  const performers = every(world.performer);
  const drive = async () => value(await driveRun({ journal, run, performers, until: "wait" }));
  await drive();
  expect(world.present.size).toBe(9);
  const back = (tenant: string) =>
    requestTenantRollback({ journal, run, by: ana, tenant, reason: "they asked" });
  expect(codes(await back("x"))).toEqual(["BATON-RUN-NO-TENANT"]);
  const from = world.calls.length;
  value(await back("b"));
  expect(codes(await back("b"))).toEqual(["BATON-RUN-NO-TENANT-BACK"]);
  const { state } = await drive();
  const undone = world.calls.slice(from).filter(({ what }) => what === "undo");
  expect(undone.map(({ step, unit }) => [step, unit])).toEqual([
    ["ring.switch", "b"],
    ["ring.expand", "b"],
  ]);
  expect(state.parked.get("b")).toMatchObject({
    code: "BATON-TENANT-TAKEN-BACK",
    message: "b was taken back by ana: they asked",
  });
  expect(state).toMatchObject({ status: "running", waiting: { step: "hold.yes" }, anomalies: { count: 0 } });

  // Approved or not, contract does not begin without it; a retry of all that failed leaves it where it was put.
  value(await approveGate({ journal, run, step: "hold.yes", by: ana }));
  expect((await drive()).state.waiting).toMatchObject({ step: "contract.drop" });
  expect(codes(await requestRetry({ journal, run, by: ana, step: null, tenant: null }))).toEqual([
    "BATON-RUN-NOTHING-TO-RETRY",
  ]);
  const again = world.calls.length;
  value(await requestRetry({ journal, run, by: ana, step: null, tenant: "b" }));
  const end = await driveToEnd({ journal, run, performers });
  expect(end.state).toMatchObject({ ended: { outcome: "succeeded" }, anomalies: { count: 0 } });
  const redone = world.calls.slice(again).filter(({ what }) => what === "perform");
  expect(redone.slice(0, 3).map(({ key }) => key)).toEqual([
    `${run}/ring.expand/b/do/1`,
    `${run}/ring.fill/b/do/1`,
    `${run}/ring.switch/b/do/1`,
  ]);
  expect(redone.slice(3).map(({ step }) => step)).toEqual(tenants.map(() => "contract.drop"));
  expect(codes(await back("a"))).toEqual(["BATON-RUN-NO-TENANT-BACK"]);
});

test("a tenant that cannot be taken back ends the run for an operator; asked again it goes on, and the whole run can still go back", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, aPlan({ ...draftOf(), holds: [] }));
  let broken = true;
  const world = testWorld("service.deploy", async ({ what, step }) =>
    broken && what === "undo" && step === "ring.expand" ? [problem("BATON-TEST-DOWN")] : undefined,
  );
  const performers = every(world.performer);
  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("succeeded");
  const back = () => requestTenantRollback({ journal, run, by: ana, tenant: "b", reason: "they asked" });
  value(await back());
  const stuck = await driveToEnd({ journal, run, performers });
  expect(stuck.state.ended).toMatchObject({
    outcome: "needs-operator",
    next: ["baton explain", "baton rollback --tenant b", "baton rollback"],
  });
  broken = false;
  value(await back());
  const parked = await driveToEnd({ journal, run, performers });
  expect(parked.state.ended?.outcome).toBe("succeeded-with-parked");
  expect([...world.present].filter((place) => place.endsWith("/b"))).toEqual([]);
  value(await requestRollback({ journal, run, by: ana, reason: "all of it" }));
  const whole = await driveToEnd({ journal, run, performers });
  expect(whole.state).toMatchObject({ ended: { outcome: "rolled-back" }, anomalies: { count: 0 } });
  expect(world.present.size).toBe(0);
});

function draftOf() {
  return {
    tenants,
    limits: { attempts: 1 },
    onParked: "finish" as const,
    steps: [
      { id: "ring.expand", units: tenants },
      { id: "ring.switch", after: ["ring.expand"], units: tenants },
    ],
  };
}
