import { ada, aPlan, aRun, broken, first } from "@baton/testkit/builders/index";
import { describe, expect, it } from "vitest";
import { apply, decide, indexPlan, initialState, type Plan } from "../index.ts";

describe("approval", () => {
  const plan = aPlan({ steps: [{ id: "a.deploy" }] });

  it("moves nothing before the plan is approved", () => {
    expect(aRun(plan, false).commands()).toEqual([]);
  });

  it("counts for the plan's own hash only", () => {
    const run = aRun(plan, false);
    run.put({ type: "run.approved", planHash: "other", by: ada });
    expect(run.commands()).toEqual([]);
    run.put({ type: "run.approved", planHash: plan.hash, by: ada });
    expect(run.records()).toEqual([{ type: "run.started" }, { type: "step.started", step: "a.deploy" }]);
  });
});

describe("a unit that fails", () => {
  const retrying = aPlan({
    steps: [{ id: "a.deploy" }],
    limits: { attempts: 3, backoffSeconds: 2 },
    onFailure: "wait",
  });

  it("is tried again after a pause that doubles, under the same key and with what was there before", () => {
    const run = aRun(retrying);
    run.records();
    const initial = first(run.performs());
    run.fail(initial);
    expect(run.commands()).toEqual([{ kind: "wake", at: 3_000 }]);
    run.pass(2_000);
    const again = first(run.performs());
    expect(again).toMatchObject({ key: initial.key, attempt: 2, intended: true, before: { was: "-" } });
    run.fail(again);
    expect(run.commands()).toEqual([{ kind: "wake", at: 7_000 }]);
  });

  it("never waits longer than a minute", () => {
    const patient = aPlan({ steps: [{ id: "a.deploy" }], limits: { attempts: 30, backoffSeconds: 10 } });
    const run = aRun(patient);
    run.records();
    for (let tries = 0; tries < 6; tries++) {
      run.fail(first(run.performs()));
      run.pass(60_000);
    }
    expect(run.performs()).toHaveLength(1);
  });

  it("ends the run for an operator, with commands that lead on, when its tries are spent and the plan says wait", () => {
    const run = aRun(retrying);
    run.records();
    for (let tries = 0; tries < 3; tries++) {
      run.fail(first(run.performs()));
      run.pass(60_000);
    }
    expect(run.records().map((event) => event.type)).toEqual(["step.ended", "run.ended"]);
    expect(run.state().ended).toMatchObject({
      outcome: "needs-operator",
      reason: "Step a.deploy failed: BATON-TEST-BROKEN It broke.",
      next: ["baton explain", "baton retry", "baton rollback"],
    });
  });

  it("fails before its intent without having touched anything", () => {
    const run = aRun(retrying);
    run.records();
    const { key, step, unit } = first(run.performs());
    run.put({ type: "effect.failed", key, step, unit, attempt: 1, problem: broken, final: false });
    run.pass(60_000);
    expect(first(run.performs())).toMatchObject({ key, attempt: 2, intended: false, before: null });
    expect(run.state().steps.get("a.deploy")?.touched).toBe(0);
  });
});

describe("after a crash", () => {
  it("asks again for what was intended, with the before that was journaled", () => {
    const run = aRun(aPlan({ steps: [{ id: "a.deploy" }] }));
    run.records();
    run.intend(first(run.performs()));
    expect(run.performs()).toEqual([
      expect.objectContaining({ key: "r/a.deploy/-/do/0", intended: true, attempt: 1, before: { was: "-" } }),
    ]);
  });
});

describe("a fan-out", () => {
  const tenants = ["t-a", "t-b", "t-c"];
  const parking = (budget: number, onParked: Plan["onParked"] = "wait") =>
    aPlan({
      tenants,
      limits: { attempts: 1, failureBudget: budget },
      onParked,
      steps: [
        { id: "a.first", units: tenants },
        { id: "a.second", units: tenants, after: ["a.first"] },
        { id: "a.retire", kind: "service.retire", after: ["a.second"] },
      ],
    });

  it("parks a tenant within the budget, leaves it out afterwards and keeps what it still needs", () => {
    const run = aRun(parking(1));
    run.records();
    for (const command of run.performs()) command.unit === "t-b" ? run.fail(command) : run.succeed(command);
    expect(run.records().map((event) => event.type)).toEqual(["unit.parked", "step.ended", "step.started"]);
    expect(run.performs().map((command) => command.unit)).toEqual(["t-a", "t-c"]);
    for (const command of run.performs()) run.succeed(command);
    expect(run.records()).toEqual([
      { type: "step.ended", step: "a.second", outcome: "succeeded", units: null },
      { type: "run.waiting", step: "a.retire", reason: "waits for t-b, which is parked" },
    ]);
    expect(run.commands()).toEqual([]);
  });

  it("keeps a contract waiting for a parked tenant, also one that can be taken back", () => {
    const contract = { kind: "tenants.migrate", input: { migration: "m", stage: "contract" } };
    const run = aRun(
      aPlan({
        tenants,
        limits: { attempts: 1, failureBudget: 1 },
        onParked: "wait",
        steps: [
          { id: "a.first", units: tenants },
          { id: "b.contract", ...contract, undo: "lossless", units: tenants, after: ["a.first"] },
        ],
      }),
    );
    run.records();
    for (const command of run.performs()) command.unit === "t-b" ? run.fail(command) : run.succeed(command);
    expect(run.records().map((event) => event.type)).toEqual(["unit.parked", "step.ended", "run.waiting"]);
    expect(run.state().waiting).toMatchObject({ step: "b.contract" });
    expect(run.commands()).toEqual([]);
  });

  it("ends with the tenant parked where the plan says finish", () => {
    const run = aRun(parking(1, "finish"));
    run.records();
    for (const command of run.performs()) command.unit === "t-b" ? run.fail(command) : run.succeed(command);
    run.records();
    for (const command of run.performs()) run.succeed(command);
    run.records();
    expect(run.state().ended?.outcome).toBe("succeeded-with-parked");
    expect(run.state().ended?.reason).toContain("all tenants but t-b");
  });

  it("fails beyond the budget and goes back by itself", () => {
    const run = aRun(parking(0));
    run.records();
    for (const command of run.performs()) command.unit === "t-b" ? run.fail(command) : run.succeed(command);
    expect(run.records().map((event) => event.type)).toEqual(["step.ended", "run.rolling-back"]);
    expect(run.performs().map(({ unit, direction, output }) => [unit, direction, output])).toEqual([
      ["t-a", "undo", { made: "t-a" }],
      ["t-b", "undo", null],
      ["t-c", "undo", { made: "t-c" }],
    ]);
  });

  it("keeps to the limit on each database host", () => {
    const hosted = ["t-a", "t-b", "t-c", "t-d"].map((id, at) => ({
      id,
      ring: "all",
      database: id,
      host: at < 3 ? "db-1" : "db-2",
    }));
    const plan = aPlan({
      tenants: hosted,
      limits: { units: 4, perHost: 2 },
      steps: [{ id: "a.first", units: hosted.map((tenant) => tenant.id) }],
    });
    const run = aRun(plan);
    run.records();
    expect(run.performs().map((command) => command.unit)).toEqual(["t-a", "t-b", "t-d"]);
  });
});

describe("an event that does not fit", () => {
  it("changes nothing but the count of such events", () => {
    const run = aRun(aPlan({ steps: [{ id: "a.one" }, { id: "a.two", after: ["a.one"] }] }));
    run.records();
    const before = run.state();
    run.put({ type: "step.started", step: "a.two" });
    run.put({ type: "effect.done", key: "r/a.one/-/do/9", step: "a.one", unit: "-", output: null });
    run.put({ type: "step.ended", step: "nowhere", outcome: "succeeded", units: null });
    expect({ ...run.state(), anomalies: before.anomalies }).toEqual(before);
    expect(run.state().anomalies.count).toBe(3);
  });
});

describe("decide in a large plan", () => {
  it("looks at active steps only", () => {
    const steps = Array.from({ length: 3_000 }, (_, at) => ({
      id: `a.s${at}`,
      after: at === 0 ? [] : [`a.s${at - 1}`],
    }));
    const index = indexPlan(aPlan({ steps }));
    let looked = 0;
    const counting = new Proxy(index.steps, {
      get: (target, name) => {
        if (name === "get") looked++;
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const watched = { ...index, steps: counting };
    let state = initialState(watched, "r");
    state = apply(watched, state, {
      at: 1,
      event: { type: "run.approved", planHash: index.plan.hash, by: ada },
    });
    state = apply(watched, state, { at: 1, event: { type: "run.started" } });
    looked = 0;
    decide(watched, state, 1);
    expect(looked).toBeGreaterThan(0);
    expect(looked).toBeLessThan(20);
  });
});
