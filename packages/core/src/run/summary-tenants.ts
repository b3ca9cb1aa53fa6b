import type { Plan } from "../model/plan.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { stepState, unitState } from "./accessors.ts";

/**
 * Where a tenant stands: `done` when its ring's phases are (all fan-outs of the plan that are not behind the hold, where it has
 * any), `undone` when all that touched it is taken back.
 */
export type TenantStanding = "pending" | "running" | "done" | "parked" | "undoing" | "undone";

/** Tenants by standing. */
export interface TenantCounts {
  readonly total: number;
  readonly pending: number;
  readonly running: number;
  readonly done: number;
  readonly parked: number;
  readonly undoing: number;
  readonly undone: number;
}

interface Tally {
  due: number;
  begun: number;
  done: number;
  touched: number;
  undone: number;
}

/** Every tenant's standing, by id. */
export function tenantStates(index: PlanIndex, state: RunState): ReadonlyMap<string, TenantStanding> {
  const tallies = new Map<string, Tally>(
    index.plan.tenants.map((tenant) => [tenant.id, { due: 0, begun: 0, done: 0, touched: 0, undone: 0 }]),
  );
  const rings = new Set(index.plan.phases.filter((phase) => phase.ring !== null).map((phase) => phase.id));
  for (const step of index.plan.steps) {
    if (!step.fanOut) continue;
    const counts = rings.size === 0 ? !index.behindHold.has(step.id) : rings.has(step.phase);
    const present = stepState(state, step.id);
    for (const unit of step.units) {
      const tally = tallies.get(unit);
      if (tally === undefined) continue;
      const { status, touched } = unitState(present, unit);
      if (counts) tally.due++;
      if (counts && touched) tally.begun++;
      if (counts && status === "done") tally.done++;
      if (touched && step.undo !== "inert") tally.touched++;
      if (status === "undone") tally.undone++;
    }
  }
  const standing = (id: string, tally: Tally) => standingOf(state, id, tally);
  return new Map([...tallies].map(([id, tally]) => [id, standing(id, tally)]));
}

function standingOf(state: RunState, id: string, tally: Tally): TenantStanding {
  if (state.status === "rolling-back" || tally.undone > 0)
    return tally.touched === 0 ? "pending" : tally.undone >= tally.touched ? "undone" : "undoing";
  if (state.parked.has(id)) return "parked";
  if (tally.due > 0 && tally.done === tally.due) return "done";
  return tally.begun > 0 ? "running" : "pending";
}

/** Counts the tenants of a ring, or of the platform when `ring` is null. */
export function countTenants(
  plan: Plan,
  standings: ReadonlyMap<string, TenantStanding>,
  ring: string | null,
): TenantCounts {
  const counts = { total: 0, pending: 0, running: 0, done: 0, parked: 0, undoing: 0, undone: 0 };
  for (const tenant of plan.tenants) {
    if (ring !== null && tenant.ring !== ring) continue;
    counts.total++;
    counts[standings.get(tenant.id) ?? "pending"]++;
  }
  return counts;
}
