import type { RunEvent } from "../../model/event.ts";
import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { heldBack, isHeldBack, leftOutByScope } from "../scope.ts";

/** Brings the tenants that are held back in line with the scope, one fact at a time; null where they are. */
export function scopeFact(index: PlanIndex, state: RunState): RunEvent | null {
  const leftOut = leftOutByScope(index, state);
  for (const tenant of state.parked.keys())
    if (isHeldBack(state, tenant) && !leftOut.includes(tenant)) return { type: "tenant.let-go", tenant };
  for (const tenant of leftOut)
    if (!state.parked.has(tenant))
      return {
        type: "tenant.held-back",
        tenant,
        problem: heldBack(index, tenant, state.scope?.tenant ?? ""),
      };
  return null;
}
