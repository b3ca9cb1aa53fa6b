import type { Plan } from "../model/plan.ts";
import { toMilliseconds } from "./estimates.ts";
import { indexPlan, type PlanIndex } from "./index-plan.ts";

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

/** How long a plan is expected to take, in seconds. People's time counts nothing. */
export interface PlanTimes {
  /** Until the first hold begins; null in a plan without a hold. */
  readonly toHold: number | null;
  readonly total: number;
  /** From the start of a phase's first step to the end of its last, by phase. */
  readonly phases: ReadonlyMap<string, number>;
  /** By step, from the plan's start. */
  readonly steps: ReadonlyMap<string, StepTime>;
}

/** Works out a plan's times from its steps' estimates. */
export function planTimes(plan: Plan): PlanTimes {
  const index = indexPlan(plan);
  const times = new Map(stepTimes(index).map((time) => [time.step, time]));
  const latest = (ids: readonly string[]): number =>
    ids.reduce((most, id) => Math.max(most, endOf(times.get(id))), 0);
  const earliest = (ids: readonly string[]): number =>
    ids.reduce((least, id) => Math.min(least, times.get(id)?.startsAt ?? least), Number.POSITIVE_INFINITY);
  const before = index.order.filter((id) => !index.holdSteps.has(id) && !index.behindHold.has(id));
  return {
    toHold: index.holdSteps.size === 0 ? null : latest(before),
    total: latest(index.order),
    phases: new Map(
      plan.phases.map(({ id, steps }) => [id, steps.length === 0 ? 0 : latest(steps) - earliest(steps)]),
    ),
    steps: times,
  };
}

const endOf = (time: StepTime | undefined): number => (time === undefined ? 0 : time.startsAt + time.seconds);
