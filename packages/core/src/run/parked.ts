import type { RunState } from "../model/run-state.ts";
import type { Problem } from "../problem.ts";
import { isHeldBack } from "./scope.ts";
import { isTakenBack } from "./tenant-refusals.ts";

/** A tenant that is left out of the run, and why. */
export interface ParkedTenant {
  readonly tenant: string;
  readonly problem: Problem;
}

/** Tenants that are parked, whatever the cause, by name. */
export const parkedTenants = (state: RunState): readonly ParkedTenant[] =>
  [...state.parked]
    .map(([tenant, problem]) => ({ tenant, problem }))
    .sort((a, b) => (a.tenant < b.tenant ? -1 : 1));

/** Tenants taken back by a person that are named one by one; a run rarely has more. */
const MOST_NAMED = 3;

/**
 * Commands that bring parked tenants forward again: one for all that failed, and one for each that a person took back, which only
 * a retry that names it moves. None for those that the run's scope holds back: they come with the scope.
 */
export function retriesOfParked(state: RunState): readonly string[] {
  const names = [...state.parked.keys()].filter((id) => !isHeldBack(state, id) && !state.goingBack.has(id));
  const takenBack = names.filter((id) => isTakenBack(state, id)).sort();
  return [
    ...(takenBack.length < names.length ? ["baton retry"] : []),
    ...takenBack.slice(0, MOST_NAMED).map((id) => `baton retry --tenant ${id}`),
  ];
}
