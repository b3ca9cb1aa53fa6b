import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { anomaly } from "./anomaly.ts";
import type { EventOf } from "./event-of.ts";
import { advance, withUnit } from "./queue.ts";

/** `unit.parked`: the tenant keeps its old shape here and is left out of every other fan-out that has not begun with it. */
export function applyUnitParked(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"unit.parked">,
  at: number,
): RunState {
  const step = index.steps.get(event.step);
  const present = stepState(state, event.step);
  const fits =
    step?.fanOut === true &&
    state.status === "running" &&
    present.status === "running" &&
    present.spent.has(event.unit);
  if (!fits) return anomaly(state, at, event.type, `${event.unit} of ${event.step} has not failed for good`);
  const parked = withUnit(present, event.unit, { status: "parked", problem: event.problem });
  const next: RunState = {
    ...state,
    parked: state.parked.set(event.unit, event.problem),
    returning: state.returning.delete(event.unit),
    steps: state.steps.set(step.id, {
      ...parked,
      parked: parked.parked + 1,
      spent: parked.spent.delete(event.unit),
    }),
  };
  return leaveOutElsewhere(index, advance(index, next, step.id), event.unit);
}

function leaveOutElsewhere(index: PlanIndex, state: RunState, unit: string): RunState {
  let next = state;
  for (const id of state.active.concat(state.reopened)) {
    const step = index.steps.get(id);
    if (step?.fanOut !== true || stepState(next, id).status !== "running" || !step.units.includes(unit))
      continue;
    next = advance(index, leaveOut(next, id, unit), id);
  }
  return next;
}

/** Counts a tenant parked elsewhere as parked in this step too, without an effect, if the step has not begun with it. */
export function leaveOut(state: RunState, id: string, unit: string): RunState {
  const step = stepState(state, id);
  const { status, failures, touched } = unitState(step, unit);
  // A tenant that came back has its share of the step still to do, like one that waits for its next try.
  const owed = status === "failed" && failures === 0 && !touched;
  if (status !== "pending" && !owed) return state;
  const parked = withUnit(step, unit, { status: "parked" });
  return {
    ...state,
    steps: state.steps.set(id, {
      ...parked,
      parked: parked.parked + 1,
      failing: parked.failing.delete(unit),
    }),
  };
}
