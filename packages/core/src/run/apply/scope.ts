import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { isHeldBack, ringOf, scopeRefusal } from "../scope.ts";
import { anomaly } from "./anomaly.ts";
import type { EventOf } from "./event-of.ts";
import { bringForward } from "./return.ts";

/** `run.scope-set`: read by `decide` alone, which starts nothing beyond it. What has begun goes on. */
export function applyScopeSet(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"run.scope-set">,
  at: number,
): RunState {
  const { tenant, by } = event;
  if (scopeRefusal(index, state, event) !== null) return state;
  const ring = event.ring ?? (tenant === null ? null : ringOf(index, tenant));
  return { ...state, waiting: null, scope: ring === null ? null : { ring, tenant, by, at } };
}

/** `tenant.held-back`: left out of every fan-out that begins from here on. */
export function applyTenantHeldBack(
  state: RunState,
  event: EventOf<"tenant.held-back">,
  at: number,
): RunState {
  if (state.status !== "running") return anomaly(state, at, event.type, `the run is ${state.status}`);
  return { ...state, parked: state.parked.set(event.tenant, event.problem) };
}

/** `tenant.let-go`: the tenant catches up with what began without it. */
export function applyTenantLetGo(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"tenant.let-go">,
  at: number,
): RunState {
  if (state.status !== "running" || !isHeldBack(state, event.tenant))
    return anomaly(state, at, event.type, `${event.tenant} is not held back`);
  return bringForward(index, { ...state, waiting: null }, [event.tenant], at);
}
