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
  // The later word of a person counts: who wants the run taken back wants neither a pause nor a stop.
  const free: RunState = { ...state, ended: null, paused: null, stop: null };
  if (state.rollback === null) {
    const status =
      state.status === "ended" ? (state.startedAt === null ? "opened" : "running") : state.status;
    return { ...free, status, rollback: asked };
  }
  if (state.status === "ended" || (state.status === "rolling-back" && state.stop !== null))
    return takeUpAgain(index, { ...free, status: "rolling-back", rollback: asked }, at);
  return state.paused === null ? state : free;
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
