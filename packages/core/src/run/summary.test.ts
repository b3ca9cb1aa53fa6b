import { freePlans } from "@baton/testkit/arbitraries/index";
import { aPlan } from "@baton/testkit/builders/index";
import { calm, scriptsFor, simulate } from "@baton/testkit/simulator/index";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Actor,
  apply,
  explain,
  fromSnapshot,
  indexPlan,
  initialState,
  parkedTenants,
  type RunEvent,
  type RunState,
  retriesOfParked,
  SNAPSHOT_VERSION,
  summarize,
  takenBack,
  toSnapshot,
} from "../index.ts";

const ada: Actor = { kind: "person", name: "ada", via: "test" };
const tenants = [
  { id: "t-a", ring: "pilot", database: "a", host: "db-1" },
  { id: "t-b", ring: "general", database: "b", host: "db-1" },
];
const plan = {
  ...aPlan({
    author: "ana",
    tenants,
    holds: ["hold"],
    steps: [
      { id: "pilot.move", units: ["t-a"], seconds: 10, undo: "lossless", undoSeconds: 8 },
      {
        id: "general.move",
        units: ["t-b"],
        after: ["pilot.move"],
        seconds: 20,
        undo: "lossless",
        undoSeconds: 8,
      },
      {
        id: "hold.bake",
        kind: "gate.bake",
        input: { seconds: 600 },
        undo: "inert",
        after: ["general.move"],
        seconds: 600,
      },
      {
        id: "hold.approval",
        kind: "gate.approval",
        input: { role: "approver" },
        undo: "inert",
        after: ["hold.bake"],
        seconds: 0,
      },
    ],
  }),
  rings: ["pilot", "general"],
};
const index = indexPlan(plan);

const opening: RunEvent[] = [
  {
    type: "run.opened",
    run: "r",
    platform: "sample",
    environment: "local",
    release: "R2",
    from: "R1",
    planHash: plan.hash,
    by: ada,
  },
];
const moved = (step: string, unit: string): RunEvent[] => {
  const key = `r/${step}/${unit}/do/0`;
  return [
    { type: "step.started", step },
    { type: "effect.intended", key, step, unit, direction: "do", before: null },
    { type: "effect.done", key, step, unit, output: null },
    { type: "step.ended", step, outcome: "succeeded", units: null },
  ];
};
const begun: RunEvent[] = [
  ...opening,
  { type: "run.approved", planHash: plan.hash, by: ada },
  { type: "run.started" },
];

/** One event a second. */
const after = (events: readonly RunEvent[]): RunState =>
  events.reduce<RunState>(
    (state, event, at) => apply(index, state, { at: (at + 1) * 1_000, event }),
    initialState(index, "r"),
  );

describe("explain", () => {
  it("names whom an unapproved run waits for, and who may not approve it", () => {
    const { waitingFor, who, since, next } = explain(index, after(opening), 5_000);
    expect(waitingFor).toBe(
      `approval of plan ${plan.hash.slice(0, 8)} by an approver (not ana, who wrote it)`,
    );
    expect([who, since, next]).toEqual(["approver", 1_000, ["baton run R2"]]);
  });

  it("says how long a hold bakes, and for whom it waits after that", () => {
    const held: RunEvent[] = [...begun, ...moved("pilot.move", "t-a"), ...moved("general.move", "t-b")];
    const baking = after([
      ...held,
      { type: "step.started", step: "hold.bake" },
      { type: "run.waiting", step: "hold.bake", reason: "bakes" },
    ]);
    expect(explain(index, baking, 12_000 + 120_000).waitingFor).toBe("hold.bake to bake, 8 min more");
    const open = after([
      ...held,
      { type: "step.started", step: "hold.bake" },
      { type: "step.ended", step: "hold.bake", outcome: "succeeded", units: null },
      { type: "step.started", step: "hold.approval" },
      { type: "run.waiting", step: "hold.approval", reason: "waits" },
    ]);
    expect(explain(index, open, 99_000)).toMatchObject({
      waitingFor: "approval of hold.approval by role approver",
      who: "approver",
      since: 16_000 - 1_000,
    });
  });

  it("names who is parked and what brings each of them forward", () => {
    const problem = { code: "BATON-TEST-DOWN", message: "It is down.", remedy: "Bring it back." } as const;
    const key = "r/pilot.move/t-a/do/0";
    const failed: RunEvent[] = [
      ...begun,
      { type: "step.started", step: "pilot.move" },
      { type: "effect.intended", key, step: "pilot.move", unit: "t-a", direction: "do", before: null },
      { type: "effect.failed", key, step: "pilot.move", unit: "t-a", attempt: 1, problem, final: true },
      { type: "unit.parked", step: "pilot.move", unit: "t-a", problem },
    ];
    const parked = after(failed);
    expect(parkedTenants(parked)).toEqual([{ tenant: "t-a", problem }]);
    expect(retriesOfParked(parked)).toEqual(["baton retry"]);
    expect(explain(index, parked, 9_000).waitingFor).toMatch(/\. Parked: t-a$/);

    const asked = after([
      ...failed,
      { type: "tenant.rollback-requested", tenant: "t-b", by: ada, reason: "no" },
    ]);
    expect(explain(index, asked, 9_000)).toMatchObject({
      waitingFor: "the conductor to take up what was asked: t-b is to go back",
      next: ["baton run R2", "baton watch", "baton rollback"],
    });
    const back = after([
      ...failed,
      { type: "tenant.rollback-requested", tenant: "t-b", by: ada, reason: "no" },
      { type: "tenant.rolling-back", tenant: "t-b", problem: takenBack("t-b", "ada", "no") },
    ]);
    expect(parkedTenants(back).map(({ tenant }) => tenant)).toEqual(["t-a", "t-b"]);
    expect(retriesOfParked(back)).toEqual(["baton retry", "baton retry --tenant t-b"]);
  });

  it("has something to say in every state", () => {
    const runs = freePlans().chain((any) => fc.tuple(fc.constant(any), scriptsFor(any, { stuckUndo: true })));
    fc.assert(
      fc.property(runs, ([any, script]) => {
        const known = indexPlan(any);
        simulate(any, script, {
          look: (state, now) => {
            const { waitingFor, next } = explain(known, state, now);
            expect(waitingFor).not.toBe("");
            if (state.ended?.outcome === "needs-operator") expect(next.length).toBeGreaterThan(0);
            const { toEndSeconds, rollbackSeconds } = summarize(known, state, now);
            expect(toEndSeconds ?? 0).toBeGreaterThanOrEqual(0);
            expect(rollbackSeconds ?? 0).toBeGreaterThanOrEqual(0);
          },
        });
      }),
      { numRuns: 100 },
    );
  });
});

describe("summarize", () => {
  it("counts tenants by ring and knows what is left and what a rollback costs", () => {
    const fresh = summarize(index, after(begun), 3_000);
    expect(fresh).toMatchObject({ toHoldSeconds: 30, toEndSeconds: 630, rollbackSeconds: 0, outcome: null });
    const half = summarize(index, after([...begun, ...moved("pilot.move", "t-a")]), 7_000);
    expect(half.rings).toEqual([
      expect.objectContaining({ ring: "pilot", total: 1, done: 1 }),
      expect.objectContaining({ ring: "general", total: 1, done: 0, pending: 1 }),
    ]);
    expect(half.phases.map((phase) => [phase.phase, phase.status])).toEqual([
      ["pilot", "succeeded"],
      ["general", "pending"],
      ["hold", "pending"],
    ]);
    expect(half.rollbackSeconds).toBe(8);
    // The first move took 3 s instead of 10: the second is expected to take 6 s instead of 20.
    expect(half.toHoldSeconds).toBeCloseTo(6);
    expect(half.elapsedSeconds).toBe(4);
  });

  it("shows tenants as taken back after a rollback", () => {
    const { state } = simulate(plan, { ...calm, approveGates: false, rollbacksAt: [999] });
    const summary = summarize(indexPlan(plan), state, state.at);
    expect(summary).toMatchObject({ outcome: "rolled-back", tenants: { total: 2, undone: 2, done: 0 } });
    expect(summary.phases.map((phase) => phase.status)).toEqual(["undone", "undone", "undone"]);
  });
});

describe("a snapshot", () => {
  it("is refused when it is damaged or of another version, and says what to do", () => {
    const good = toSnapshot(after(begun));
    expect(fromSnapshot(good).ok).toBe(true);
    for (const bad of [
      null,
      { version: SNAPSHOT_VERSION },
      { ...(good as object), version: SNAPSHOT_VERSION + 1 },
      { ...(good as object), steps: 3 },
    ]) {
      const read = fromSnapshot(bad);
      expect(read.ok ? [] : read.problems.map((problem) => problem.code)).toEqual(["BATON-RUN-SNAPSHOT"]);
    }
  });
});
