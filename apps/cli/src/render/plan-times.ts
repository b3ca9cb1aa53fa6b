import { indexPlan, type Plan, type PlanStep } from "@baton/core";

/** How long a plan is expected to take, in seconds. */
export interface PlanTimes {
  /** Until the first hold begins; null in a plan without a hold. */
  readonly toHold: number | null;
  readonly total: number;
  /** From the start of a phase's first step to the end of its last, by phase. */
  readonly phases: ReadonlyMap<string, number>;
}

/** Works out a plan's times from its steps' estimates, each step beginning when all it waits for has ended. */
export function planTimes(plan: Plan): PlanTimes {
  const index = indexPlan(plan);
  const ends = new Map<string, number>();
  const begins = new Map<string, number>();
  for (const id of index.order) {
    const step = index.steps.get(id);
    if (step === undefined) continue;
    const begin = latest(step.after, ends);
    begins.set(id, begin);
    ends.set(id, begin + step.seconds);
  }
  const before = plan.steps.filter((step) => !index.holdSteps.has(step.id) && !index.behindHold.has(step.id));
  return {
    toHold: index.holdSteps.size === 0 ? null : latest(ids(before), ends),
    total: latest(ids(plan.steps), ends),
    phases: new Map(
      plan.phases.map((phase) => [phase.id, latest(phase.steps, ends) - earliest(phase.steps, begins)]),
    ),
  };
}

const ids = (steps: readonly PlanStep[]): readonly string[] => steps.map((step) => step.id);

const latest = (names: readonly string[], times: ReadonlyMap<string, number>): number =>
  names.reduce((most, name) => Math.max(most, times.get(name) ?? 0), 0);

const earliest = (names: readonly string[], times: ReadonlyMap<string, number>): number => {
  const known = names.flatMap((name) => times.get(name) ?? []);
  return known.reduce((least, time) => Math.min(least, time), known[0] ?? 0);
};
