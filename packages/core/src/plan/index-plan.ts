import type { Plan, PlanStep } from "../model/plan.ts";
import { topologicalOrder } from "./order.ts";

/** What a run asks of its plan again and again, worked out once. */
export interface PlanIndex {
  readonly plan: Plan;
  readonly steps: ReadonlyMap<string, PlanStep>;
  /** Steps that wait for a step, in the plan's order; every step has an entry. */
  readonly dependants: ReadonlyMap<string, readonly string[]>;
  /** How many steps a step waits for; every step has an entry. */
  readonly dependencies: ReadonlyMap<string, number>;
  /** Every step after all it waits for. */
  readonly order: readonly string[];
  /** Steps that wait for nothing. */
  readonly roots: readonly string[];
  /** Steps nothing waits for. */
  readonly sinks: readonly string[];
  /** Steps that depend, directly or not, on a step of a hold phase other than their own. */
  readonly behindHold: ReadonlySet<string>;
  /** Steps of hold phases. */
  readonly holdSteps: ReadonlySet<string>;
}

/** Indexes a compiled plan. Total: a name in `after` that is no step is passed over, steps on a cycle are missing in `order`. */
export function indexPlan(plan: Plan): PlanIndex {
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  const dependants = new Map<string, string[]>(plan.steps.map((step) => [step.id, []]));
  const dependencies = new Map<string, number>();
  for (const step of plan.steps) {
    const known = [...new Set(step.after)].filter((id) => steps.has(id));
    dependencies.set(step.id, known.length);
    for (const id of known) dependants.get(id)?.push(step.id);
  }
  const holdSteps = new Set(plan.phases.filter((phase) => phase.hold).flatMap((phase) => phase.steps));
  const ids = plan.steps.map((step) => step.id);
  const sorted = topologicalOrder(ids, (id) => steps.get(id)?.after ?? []);
  const order = sorted.order;
  return {
    plan,
    steps,
    dependants,
    dependencies,
    order,
    roots: ids.filter((id) => dependencies.get(id) === 0),
    sinks: ids.filter((id) => dependants.get(id)?.length === 0),
    behindHold: findBehindHold(order, steps, holdSteps),
    holdSteps,
  };
}

function findBehindHold(
  order: readonly string[],
  steps: ReadonlyMap<string, PlanStep>,
  holdSteps: ReadonlySet<string>,
): ReadonlySet<string> {
  const behind = new Set<string>();
  for (const id of order) {
    const step = steps.get(id);
    const waitsForHold = step?.after.some(
      (before) => behind.has(before) || (holdSteps.has(before) && steps.get(before)?.phase !== step.phase),
    );
    if (waitsForHold) behind.add(id);
  }
  return behind;
}
