import { ada, aPlan, aRun, broken, first } from "@baton/testkit/builders/index";
import { describe, expect, it } from "vitest";

describe("a hold", () => {
  const plan = aPlan({
    holds: ["hold"],
    steps: [
      { id: "a.deploy" },
      { id: "hold.bake", kind: "gate.bake", input: { seconds: 60 }, undo: "inert", after: ["a.deploy"] },
      {
        id: "hold.approval",
        kind: "gate.approval",
        input: { role: "approver" },
        undo: "inert",
        after: ["hold.bake"],
      },
      { id: "contract.drop", undo: "none", after: ["hold.approval"] },
    ],
  });
  const atApproval = () => {
    const run = aRun(plan);
    run.records();
    run.succeed(first(run.performs()));
    run.records();
    return run;
  };

  it("bakes by the journal's clock, says so once, then waits for a person", () => {
    const run = atApproval();
    expect(run.state().waiting).toMatchObject({ step: "hold.bake", reason: "bakes for 1 min" });
    expect(run.commands()).toEqual([{ kind: "wake", at: 61_000 }]);
    run.put({ type: "hold.approved", step: "hold.approval", by: ada });
    run.pass(60_000);
    run.records();
    expect(run.state().waiting).toMatchObject({
      step: "hold.approval",
      reason: "waits for approval by an approver",
    });
    expect(run.commands()).toEqual([]);
  });

  it("opens when a person approves while it waits", () => {
    const run = atApproval();
    run.pass(60_000);
    run.records();
    run.put({ type: "hold.approved", step: "hold.approval", by: ada });
    expect(run.records().map((event) => event.type)).toEqual(["step.ended", "step.started"]);
    expect(run.state().waiting).toBeNull();
  });

  it("can be rolled back from, and no longer once what cannot be taken back has begun", () => {
    const waiting = atApproval();
    waiting.put({ type: "run.rollback-requested", by: ada, reason: "no" });
    waiting.records();
    expect(waiting.performs().map(({ step, direction }) => [step, direction])).toEqual([
      ["a.deploy", "undo"],
    ]);

    const run = atApproval();
    run.pass(60_000);
    run.records();
    run.put({ type: "hold.approved", step: "hold.approval", by: ada });
    run.records();
    const drop = first(run.performs());
    run.intend(drop);
    run.put({ type: "run.rollback-requested", by: ada, reason: "no" });
    expect(run.state().refused?.problem.code).toBe("BATON-RUN-NO-RETURN");
    run.succeed({ ...drop, intended: true });
    run.records();
    expect(run.state().ended?.outcome).toBe("succeeded");
  });
});

describe("a rollback", () => {
  const plan = aPlan({
    steps: [
      { id: "a.one" },
      { id: "a.told", undo: "inert", after: ["a.one"] },
      { id: "a.two", after: ["a.told"] },
    ],
  });

  it("stops what is under way, then undoes in reverse, and passes over what is inert", () => {
    const run = aRun(plan);
    run.records();
    run.succeed(first(run.performs()));
    run.records();
    run.succeed(first(run.performs()));
    run.records();
    run.intend(first(run.performs()));
    run.put({ type: "run.rollback-requested", by: ada, reason: "no" });
    run.records();
    const [cancel] = run.commands();
    expect(cancel).toEqual({ kind: "cancel", key: "r/a.two/-/do/0", step: "a.two", unit: "-", attempt: 1 });
    const key = "r/a.two/-/do/0";
    run.put({
      type: "effect.failed",
      key,
      step: "a.two",
      unit: "-",
      attempt: 1,
      problem: broken,
      final: true,
    });
    run.succeed(first(run.performs()));
    expect(run.records()).toEqual([
      { type: "step.ended", step: "a.two", outcome: "undone", units: null },
      { type: "step.ended", step: "a.told", outcome: "undone", units: null },
    ]);
    run.succeed(first(run.performs()));
    run.records();
    expect(run.state().ended?.outcome).toBe("rolled-back");
    run.put({ type: "run.rollback-requested", by: ada, reason: "again" });
    expect(run.state().refused?.problem.code).toBe("BATON-RUN-ROLLED-BACK");
  });

  it("that gets stuck says so, and goes on when it is asked for again", () => {
    const run = aRun(aPlan({ steps: [{ id: "a.one" }], limits: { attempts: 2 } }));
    run.records();
    run.succeed(first(run.performs()));
    run.put({ type: "run.rollback-requested", by: ada, reason: "no" });
    run.records();
    for (let tries = 0; tries < 2; tries++) {
      run.fail(first(run.performs()));
      run.pass(60_000);
    }
    run.records();
    expect(run.state().ended).toMatchObject({
      outcome: "needs-operator",
      reason: "The rollback is stuck at a.one: BATON-TEST-BROKEN It broke.",
      next: ["baton explain", "baton rollback"],
    });
    run.put({ type: "run.rollback-requested", by: ada, reason: "mended" });
    expect(first(run.performs())).toMatchObject({ key: "r/a.one/-/undo/0", attempt: 1, intended: true });
    run.succeed(first(run.performs()));
    run.records();
    expect(run.state().ended?.outcome).toBe("rolled-back");
  });

  it("asked for while the run was ending is not lost", () => {
    const run = aRun(aPlan({ steps: [{ id: "a.one" }] }));
    run.records();
    run.succeed(first(run.performs()));
    const [ending] = run.commands();
    run.put({ type: "run.rollback-requested", by: ada, reason: "no" });
    if (ending?.kind === "record") ending.events.forEach(run.put);
    expect(run.state().ended).toBeNull();
    run.records();
    expect(first(run.performs())).toMatchObject({ direction: "undo" });
  });
});
