import { indexPlan, initialState, planTimes, summarize } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { fact, ganttScale, planned } from "./gantt-scale.ts";

const plan = aPlan({
  holds: ["hold"],
  steps: [
    { id: "a.one", seconds: 10 },
    { id: "hold.bake", kind: "gate.bake", seconds: 6_000, after: ["a.one"] },
    { id: "c.end", seconds: 5, after: ["hold.bake"] },
  ],
});
const index = indexPlan(plan);
const times = planTimes(plan);
const fresh = summarize(index, initialState(index, "r"), 0).phases;

test("until the hold has begun its bake does not press everything else into a line", () => {
  const scale = ganttScale(times, fresh, 0, 2_000);
  expect(scale.seconds).toBeLessThan(20);
  expect(planned(scale, times, ["a.one"])?.to).toBeGreaterThan(0.9);
  expect(planned(scale, times, ["c.end"])).toBeNull();
});

test("once it has begun, all of the plan is shown", () => {
  const begun = fresh.map((phase) => (phase.hold ? { ...phase, startedAt: 11_000 } : phase));
  const scale = ganttScale(times, begun, 0, 12_000);
  expect(scale.seconds).toBe(6_015);
  expect(planned(scale, times, ["c.end"])?.to).toBe(1);
});

test("a run that is late stretches the scale, and its present stays on it", () => {
  const scale = ganttScale(times, fresh, 0, 100_000);
  expect(scale.seconds).toBeGreaterThan(100);
  expect(scale.now).toBeLessThanOrEqual(1);
  const bar = fact(scale, 0, null, 0, 100_000);
  expect(bar).toEqual({ from: 0, to: scale.now });
  expect(fact(scale, null, null, 0, 100_000)).toBeNull();
});
