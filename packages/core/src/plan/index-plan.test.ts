import { freePlans } from "@baton/testkit/arbitraries/index";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ancestorsOf } from "./ancestors.ts";
import { indexPlan } from "./index-plan.ts";

test("dependants mirror `after`, roots wait for nothing, nothing waits for sinks", () => {
  fc.assert(
    fc.property(freePlans(), (plan) => {
      const index = indexPlan(plan);
      for (const step of plan.steps) {
        expect(index.dependencies.get(step.id)).toBe(step.after.length);
        for (const before of step.after) expect(index.dependants.get(before)).toContain(step.id);
        for (const behind of index.dependants.get(step.id) ?? []) {
          expect(index.steps.get(behind)?.after).toContain(step.id);
        }
        expect(index.roots.includes(step.id)).toBe(step.after.length === 0);
        expect(index.sinks.includes(step.id)).toBe(index.dependants.get(step.id)?.length === 0);
      }
    }),
  );
});

test("a step is behind a hold exactly when a step of another phase that holds is among its ancestors", () => {
  fc.assert(
    fc.property(freePlans(), (plan) => {
      const index = indexPlan(plan);
      for (const step of plan.steps) {
        const ancestors = [...ancestorsOf(index, step.id)];
        const held = ancestors.some(
          (id) => index.holdSteps.has(id) && index.steps.get(id)?.phase !== step.phase,
        );
        expect(index.behindHold.has(step.id)).toBe(held);
      }
    }),
  );
});

test("ten thousand steps are indexed without going through them again for each", () => {
  const [sample] = fc.sample(freePlans(), { numRuns: 1, seed: 1 });
  const [first] = sample?.steps ?? [];
  if (sample === undefined || first === undefined) throw new Error("no sample");
  const steps = Array.from({ length: 10_000 }, (_, at) => ({
    ...first,
    id: `s.${at}`,
    phase: "s",
    after: at === 0 ? [] : [`s.${at - 1}`],
  }));
  const index = indexPlan({ ...sample, steps, phases: [] });
  expect(index.order.at(-1)).toBe("s.9999");
});
