import { mannerOf, type Plan, type UndoClass } from "@baton/core";
import fc from "fast-check";

/** The plans given, with every performed step's undo drawn from `classes`: what a run must cope with beyond today's catalogue. */
export const withUndoFrom = (plans: fc.Arbitrary<Plan>, classes: readonly UndoClass[]): fc.Arbitrary<Plan> =>
  plans.chain((plan) =>
    fc
      .array(fc.constantFrom(...classes), { minLength: plan.steps.length, maxLength: plan.steps.length })
      .map((drawn) => ({
        ...plan,
        steps: plan.steps.map((step, index) =>
          mannerOf(step) === "performed" ? { ...step, undo: drawn[index] ?? step.undo } : step,
        ),
      })),
  );
