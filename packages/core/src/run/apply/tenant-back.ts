import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { isUnderWay, stepState, unitState } from "../accessors.ts";
import { takenBack, tenantRollbackRefusal } from "../tenant-refusals.ts";
import { anomaly } from "./anomaly.ts";
import type { EventOf } from "./event-of.ts";
import { advance } from "./queue.ts";
import { runAgain } from "./retry.ts";
import { nextBack, parkUnit, undoAgain } from "./way-back.ts";

/** `tenant.rollback-requested`: noted, so that `decide` begins it; opens a run that has ended again. */
export function applyTenantRollbackRequested(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"tenant.rollback-requested">,
  at: number,
): RunState {
  const { tenant, by, reason } = event;
  const refusal = tenantRollbackRefusal(index, state, tenant);
  if (refusal !== null) return { ...state, refused: { problem: refusal, by, at } };
  const problem = takenBack(tenant, by.name, reason);
  const asked = [...state.asked, { kind: "tenant-back" as const, tenant, problem }];
  if (state.status !== "ended") return { ...state, asked };
  return { ...state, status: "running", ended: null, stop: null, asked };
}

/**
 * `tenant.rolling-back`: from here on the tenant counts as parked, what it had not begun is left out, what is under way is stopped,
 * and what it touched is undone, the last first. Said again, it gives an undo that failed for good its tries back.
 */
export function applyTenantRollingBack(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"tenant.rolling-back">,
  at: number,
): RunState {
  if (state.status !== "running") return anomaly(state, at, event.type, `the run is ${state.status}`);
  const { tenant, problem } = event;
  let next: RunState = {
    ...state,
    asked: state.asked.slice(1),
    waiting: null,
    parked: state.parked.set(tenant, problem),
    returning: state.returning.delete(tenant),
  };
  for (const { id, fanOut, units } of index.plan.steps) {
    if (!fanOut || stepState(next, id).status === "pending" || !units.includes(tenant)) continue;
    next = advance(index, leave(next, id, tenant, at), id);
    const freed = next.failed.has(id) && stepState(next, id).spent.isEmpty();
    if (freed) next = runAgain(index, next, id, at);
  }
  return nextBack(index, next, tenant, at);
}

/** The tenant's share of a step stays as it is: nothing more of it is tried forward. */
function leave(state: RunState, id: string, tenant: string, at: number): RunState {
  const unit = unitState(stepState(state, id), tenant);
  if (unit.direction === "undo") return undoAgain(state, id, tenant, at);
  return unit.status === "parked" || isUnderWay(unit) ? state : parkUnit(state, id, tenant);
}
