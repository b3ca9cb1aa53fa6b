import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { rollbackRefusal } from "../refusal.ts";
import type { EventOf } from "./event-of.ts";
import { enqueue, withUnit } from "./queue.ts";

/**
 * `run.rollback-requested`: noted, so that `decide` begins it; takes up again a rollback that got stuck; opens a run that has
 * ended again. Refused where `rollbackRefusal` says so. Asked for twice is asked for once.
 */
export function applyRollbackRequested(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"run.rollback-requested">,
  at: number,
): RunState {
  const problem = rollbackRefusal(index, state);
  if (problem !== null) return { ...state, refused: { problem, by: event.by, at } };
  const asked = { reason: event.reason, by: event.by, at };
  if (state.status !== "ended") return state.rollback === null ? { ...state, rollback: asked } : state;
  if (state.rollback === null) return { ...state, status: "running", ended: null, rollback: asked };
  return takeUpAgain(index, { ...state, status: "rolling-back", ended: null, rollback: asked }, at);
}

/** Gives each unit whose undo failed for good its tries back. */
function takeUpAgain(index: PlanIndex, state: RunState, at: number): RunState {
  let next = state;
  for (const id of state.active) {
    let step = stepState(next, id);
    for (const unit of step.spent) {
      if (unitState(step, unit).direction !== "undo") continue;
      step = withUnit(step, unit, { status: "failed", failures: 0, failedAt: at });
      const underWay = unitState(step, unit).intended ? step.underWay.add(unit) : step.underWay;
      step = { ...step, underWay, failing: step.failing.add(unit), spent: step.spent.delete(unit) };
    }
    next = enqueue(index, { ...next, steps: next.steps.set(id, step) }, id, at);
  }
  return next;
}
