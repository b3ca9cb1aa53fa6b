import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { dueAt } from "../backoff.ts";
import { retryRefusal } from "../control-refusals.ts";
import { parkedToReturn } from "../parked-to-return.ts";
import { anomaly } from "./anomaly.ts";
import type { EventOf } from "./event-of.ts";
import { enqueue, withUnit } from "./queue.ts";
import { bringForward } from "./return.ts";

/** `run.retry-requested`: noted, so that `decide` begins it; opens a run that has ended again. */
export function applyRetryRequested(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"run.retry-requested">,
  at: number,
): RunState {
  const { step, tenant, by } = event;
  const problem = retryRefusal(index, state, { step, tenant });
  if (problem !== null) return { ...state, refused: { problem, by, at } };
  const asked = [...state.asked, { kind: "retry" as const, step, tenant }];
  if (state.status !== "ended") return { ...state, asked };
  return {
    ...state,
    status: state.startedAt === null ? "opened" : "running",
    ended: null,
    stop: null,
    asked,
  };
}

/** `run.retried`: failed steps run again, units that failed have all their tries, parked tenants catch up. */
export function applyRunRetried(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"run.retried">,
  at: number,
): RunState {
  if (state.status !== "running") return anomaly(state, at, event.type, `the run is ${state.status}`);
  const tenants = parkedToReturn(index, state, event);
  let next: RunState = { ...state, asked: state.asked.slice(1), waiting: null };
  for (const id of next.failed)
    if (event.step === null || event.step === id) next = runAgain(index, next, id, at);
  for (const id of next.active) next = triesBack(index, next, id, at);
  return bringForward(index, next, tenants, at);
}

/** A failed step runs again, at the end of the line. */
export function runAgain(index: PlanIndex, state: RunState, id: string, at: number): RunState {
  const steps = state.steps.set(id, { ...stepState(state, id), status: "running", endedAt: null });
  const open = { ...state, steps, failed: state.failed.delete(id), active: state.active.add(id) };
  return enqueue(index, open, id, at);
}

/** Units that failed for good are tried again, and those that wait for their next try need wait no longer. */
function triesBack(index: PlanIndex, state: RunState, id: string, at: number): RunState {
  let step = stepState(state, id);
  if (step.skipped) return state;
  for (const unit of step.spent) {
    const present = unitState(step, unit);
    if (present.direction !== "do") continue;
    step = withUnit(step, unit, { status: "failed", failures: 0, failedAt: behind(at) });
    const underWay = present.intended ? step.underWay.add(unit) : step.underWay;
    step = { ...step, underWay, failing: step.failing.add(unit), spent: step.spent.delete(unit) };
  }
  for (const unit of step.failing) {
    const present = unitState(step, unit);
    if (present.direction !== "do" || present.failures === 0) continue;
    const due = Math.min(dueAt(index.plan.limits, present), behind(at));
    step = withUnit(step, unit, { failures: 0, failedAt: due });
  }
  return { ...state, steps: state.steps.set(id, step) };
}

/** The moment after: whoever is worked on again stands behind all that may be at work already. */
const behind = (at: number): number => at + 1;
