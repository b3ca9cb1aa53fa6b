import { ada, aPlan, aRun } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { pauseRefusal, retryRefusal, stopRefusal } from "../control-refusals.ts";
import { rollbackRefusal } from "../refusal.ts";
import type { Proposal } from "./outlook.ts";
import { previewAction } from "./preview.ts";

const plan = aPlan({
  tenants: ["t1", "t2"],
  steps: [
    { id: "a.deploy", undoSeconds: 30 },
    { id: "b.copy", kind: "tenants.migrate", units: ["t1", "t2"], after: ["a.deploy"], undoSeconds: 20 },
    { id: "c.tell", undo: "inert", after: ["b.copy"] },
  ],
});

/** A run with its deploy done, one tenant copied and the other under way. */
function halfWay() {
  const run = aRun(plan);
  for (let round = 0; round < 2; round++) {
    while (run.records().length > 0);
    const [first, ...others] = run.performs();
    if (first === undefined) throw new Error("nothing is to be performed");
    run.intend(first);
    for (const other of others) run.intend(other);
    run.succeed(first);
  }
  while (run.records().length > 0);
  return run;
}

const about = (run: ReturnType<typeof aRun>, proposal: Proposal) =>
  previewAction(run.index, run.state(), 2_000, proposal);

test("a rollback undoes in reverse what was touched, and nothing else, in the time the run says", () => {
  const run = halfWay();
  const preview = about(run, { action: "rollback" });
  expect(preview.steps.map(({ step, what, tenants }) => [step, what, tenants])).toEqual([
    ["b.copy", "is-undone", 2],
    ["a.deploy", "is-undone", 1],
  ]);
  expect(preview.seconds).toBe(50);
  expect(preview.does[0]).toContain("back to R1");
});

test("a pause lets what is under way come to its outcome, an emergency stop aborts it", () => {
  const run = halfWay();
  const [paused, stopped] = [about(run, { action: "pause" }), about(run, { action: "emergency-stop" })];
  expect(paused.steps).toMatchObject([{ step: "b.copy", what: "comes-to-its-outcome", tenants: 1 }]);
  expect(paused.does.join(" ")).toContain("1 effect under way comes to its outcome.");
  expect(stopped.steps).toMatchObject([{ step: "b.copy", what: "is-aborted", tenants: 1 }]);
});

test("one tenant goes back alone by what was done to it", () => {
  const run = halfWay();
  const preview = about(run, { action: "rollback-tenant", tenant: "t1" });
  expect(preview.steps.map(({ step, tenants }) => [step, tenants])).toEqual([["b.copy", 1]]);
  expect(about(run, { action: "rollback-tenant", tenant: "t9" }).refusal?.code).toBe("BATON-RUN-NO-TENANT");
});

test("what would be refused is previewed with that very refusal, and does nothing", () => {
  const run = halfWay();
  run.put({ type: "run.paused", by: ada, reason: "look" });
  const state = run.state();
  const refused: readonly [Proposal, unknown][] = [
    [{ action: "pause" }, pauseRefusal(state)],
    [
      { action: "retry", step: null, tenant: null },
      retryRefusal(run.index, state, { step: null, tenant: null }),
    ],
    [
      { action: "retry", step: "x.y", tenant: null },
      retryRefusal(run.index, state, { step: "x.y", tenant: null }),
    ],
  ];
  for (const [proposal, refusal] of refused) {
    expect(refusal).not.toBeNull();
    expect(about(run, proposal)).toEqual({ refusal, does: [], steps: [], seconds: null });
  }
  expect(about(run, { action: "rollback" }).refusal).toEqual(rollbackRefusal(run.index, state));
  expect(about(run, { action: "abort" }).refusal).toEqual(stopRefusal(state, false));
  expect(about(run, { action: "resume" }).refusal).toBeNull();
});

test("an approval says how much it lets happen, before anything has begun", () => {
  const run = aRun(plan, false);
  const preview = about(run, { action: "approve" });
  expect(preview.does.join(" ")).toContain("3 steps for 2 tenants");
  expect(preview.steps).toMatchObject([{ step: "a.deploy", what: "begins" }]);
  expect(preview.seconds).toBeGreaterThan(0);
});
