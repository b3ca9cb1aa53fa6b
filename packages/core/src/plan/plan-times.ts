import { toMilliseconds } from "./estimates.ts";
import type { PlanIndex } from "./index-plan.ts";

/** When a step can begin by the plan's estimates, in seconds from the start, and how long it takes. */
export interface StepTime {
  readonly step: string;
  readonly startsAt: number;
  readonly seconds: number;
}

/** Each step beginning when all it waits for has ended, in an order in which every step stands behind those. */
export function stepTimes(index: PlanIndex): readonly StepTime[] {
  const ends = new Map<string, number>();
  return index.order.flatMap((id) => {
    const step = index.steps.get(id);
    if (step === undefined) return [];
    const startsAt = step.after.reduce((latest, before) => Math.max(latest, ends.get(before) ?? 0), 0);
    ends.set(id, startsAt + step.seconds);
    return [{ step: id, startsAt: toMilliseconds(startsAt), seconds: step.seconds }];
  });
}
