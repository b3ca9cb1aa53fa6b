import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { stepState, unitState } from "./accessors.ts";

import { isHeldBack } from "./scope.ts";
import { isTakenBack } from "./tenant-refusals.ts";

/** Which parked tenants a retry brings forward again: the one named, those that failed in the step named, or all. */
export function parkedToReturn(
  index: PlanIndex,
  state: RunState,
  { step, tenant }: { readonly step: string | null; readonly tenant: string | null },
): readonly string[] {
  if (tenant !== null)
    return state.parked.has(tenant) && !isHeldBack(state, tenant) && !state.goingBack.has(tenant)
      ? [tenant]
      : [];
  const all = state.parked
    .keySeq()
    .filter((id) => !isTakenBack(state, id) && !isHeldBack(state, id) && !state.goingBack.has(id))
    .sort()
    .toArray();
  if (step === null) return all;
  const present = stepState(state, step);
  const failedHere = (unit: string) => unitState(present, unit).problem !== null;
  return all.filter((id) => index.steps.get(step)?.units.includes(id) === true && failedHere(id));
}
