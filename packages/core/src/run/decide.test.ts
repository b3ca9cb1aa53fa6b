import {
  type Actor,
  apply,
  type Command,
  decide,
  indexPlan,
  initialState,
  type Plan,
  type Problem,
  type RunEvent,
  type RunState,
} from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import { describe, expect, it } from "vitest";

const ada: Actor = { kind: "person", name: "ada", via: "test" };
const broken: Problem = { code: "BATON-TEST-BROKEN", message: "It broke.", remedy: "Mend it." };

/** A run in a test's hands: time stands still until the test moves it. */
function aRun(plan: Plan, approved = true) {
  const index = indexPlan(plan);
  let now = 1_000;
  let state: RunState = initialState(index, "r");
  const put = (event: RunEvent) => {
    state = apply(index, state, { at: now, event });
  };
  const records = () => {
    const [command] = decide(index, state, now);
    if (command?.kind !== "record") return [];
    command.events.forEach(put);
    return command.events;
  };
  const performs = () =>
    decide(index, state, now).filter(
      (command): command is Extract<Command, { kind: "perform" }> => command.kind === "perform",
    );
  const intend = (command: Extract<Command, { kind: "perform" }>) => {
    const { key, step, unit, direction } = command;
    put({ type: "effect.intended", key, step, unit, direction, before: { was: unit } });
  };
  const { hash: planHash, platform, environment, release, from } = plan;
  put({ type: "run.opened", run: "r", platform, environment, release, from, planHash, by: ada });
  if (approved) put({ type: "run.approved", planHash, by: ada });
  return {
    index,
    put,
    records,
    performs,
    intend,
    state: () => state,
    commands: () => decide(index, state, now),
    pass: (ms: number) => {
      now += ms;
    },
    succeed: (command: Extract<Command, { kind: "perform" }>) => {
      if (!command.intended) intend(command);
      const { key, step, unit } = command;
      put({ type: "effect.done", key, step, unit, output: { made: unit } });
    },
    fail: (command: Extract<Command, { kind: "perform" }>, final = false) => {
      if (!command.intended) intend(command);
      const { key, step, unit, attempt } = command;
      put({ type: "effect.failed", key, step, unit, attempt, problem: broken, final });
    },
  };
}

const first = <Item>(items: readonly Item[]): Item => {
  const [item] = items;
  if (item === undefined) throw new Error("nothing there");
  return item;
};

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
      next: ["baton explain", "baton rollback"],
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
    run.records();
    expect(first(run.performs())).toMatchObject({ direction: "undo" });
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
