import type { Recorded } from "../model/event.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { applyRunPaused, applyRunResumed, applyStopRequested } from "./apply/control.ts";
import { applyEffectDone } from "./apply/effect-done.ts";
import { applyEffectFailed } from "./apply/effect-failed.ts";
import { applyEffectIntended } from "./apply/effect-intended.ts";
import { applyRetryRequested, applyRunRetried } from "./apply/retry.ts";
import { applyRollbackRequested } from "./apply/rollback-requested.ts";
import { applyRollingBack } from "./apply/rolling-back.ts";
import { applyRunApproved, applyRunEnded, applyRunOpened, applyRunStarted } from "./apply/run.ts";
import { applyScopeSet, applyTenantHeldBack, applyTenantLetGo } from "./apply/scope.ts";
import { applySettleRequested, applyStepSettled } from "./apply/settle.ts";
import { applyHoldApproved, applyRunWaiting, applyStepEnded, applyStepStarted } from "./apply/step.ts";
import { applyTenantRollbackRequested, applyTenantRollingBack } from "./apply/tenant-back.ts";
import { applyUnitParked } from "./apply/unit-parked.ts";

/**
 * The state after one more event of the run. Pure and total: a person's request that no longer has a point changes nothing;
 * any other event that does not fit is counted in `anomalies` and changes nothing else. Never throws.
 */
export function apply(index: PlanIndex, state: RunState, recorded: Recorded): RunState {
  const at = Math.max(state.at, recorded.at);
  const next = applyEvent(index, state, recorded, at);
  return next.at === at ? next : { ...next, at };
}

function applyEvent(index: PlanIndex, state: RunState, { event }: Recorded, at: number): RunState {
  switch (event.type) {
    case "run.opened":
      return applyRunOpened(index, state, event, at);
    case "run.approved":
      return applyRunApproved(state, event);
    case "run.rollback-requested":
      return applyRollbackRequested(index, state, event, at);
    case "hold.approved":
      return applyHoldApproved(index, state, event);
    case "run.paused":
      return applyRunPaused(state, event, at);
    case "run.resumed":
      return applyRunResumed(state);
    case "run.abort-requested":
    case "run.emergency-stop-requested":
      return applyStopRequested(state, event, at);
    case "run.retry-requested":
      return applyRetryRequested(index, state, event, at);
    case "run.retried":
      return applyRunRetried(index, state, event, at);
    case "step.skip-requested":
    case "step.done-declared":
      return applySettleRequested(index, state, event, at);
    case "step.settled":
      return applyStepSettled(index, state, event, at);
    case "tenant.rollback-requested":
      return applyTenantRollbackRequested(index, state, event, at);
    case "tenant.rolling-back":
      return applyTenantRollingBack(index, state, event, at);
    case "run.scope-set":
      return applyScopeSet(index, state, event, at);
    case "tenant.held-back":
      return applyTenantHeldBack(state, event, at);
    case "tenant.let-go":
      return applyTenantLetGo(index, state, event, at);
    case "run.started":
      return applyRunStarted(state, event, at);
    case "step.started":
      return applyStepStarted(index, state, event, at);
    case "effect.intended":
      return applyEffectIntended(index, state, event, at);
    case "effect.done":
      return applyEffectDone(index, state, event, at);
    case "effect.failed":
      return applyEffectFailed(index, state, event, at);
    case "unit.parked":
      return applyUnitParked(index, state, event, at);
    case "step.ended":
      return applyStepEnded(index, state, event, at);
    case "run.rolling-back":
      return applyRollingBack(index, state, event, at);
    case "run.waiting":
      return applyRunWaiting(state, event, at);
    case "run.ended":
      return applyRunEnded(state, event, at);
  }
}
