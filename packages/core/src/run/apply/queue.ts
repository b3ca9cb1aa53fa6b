import type { RunState, StepState, UnitState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState, withStep } from "../accessors.ts";

/** Puts a step at the end of the queue for work: forward when it starts, backward when its dependants are undone. */
export function enqueue(index: PlanIndex, state: RunState, id: string, at: number): RunState {
  const queued = withStep(state, id, { queuedAt: at, turn: state.turns, cursor: 0 });
  return advance(index, { ...queued, turns: state.turns + 1 }, id);
}

/** Moves a step's cursor past units that need nothing more, so that a large fan-out is not walked from its start each time. */
export function advance(index: PlanIndex, state: RunState, id: string): RunState {
  const step = stepState(state, id);
  const units = index.steps.get(id)?.units ?? [];
  const over = state.status === "rolling-back" ? isTakenBack : isSettled;
  let cursor = step.cursor;
  for (let unit = units[cursor]; unit !== undefined && over(unitState(step, unit)); unit = units[cursor])
    cursor++;
  return cursor === step.cursor ? state : withStep(state, id, { cursor });
}

const isSettled = (unit: UnitState): boolean =>
  unit.status === "done" || unit.status === "parked" || unit.status === "spent" || unit.status === "undone";

const isTakenBack = (unit: UnitState): boolean => !unit.touched || unit.status === "undone";

/** One dependency less is open; a step with none left becomes active. True in both directions, each with its own counts. */
export function close(state: RunState, id: string): RunState {
  const left = (state.open.get(id) ?? 0) - 1;
  if (left > 0) return { ...state, open: state.open.set(id, left) };
  return { ...state, open: state.open.delete(id), active: state.active.add(id) };
}

/** A step with one of its units changed. */
export const withUnit = (step: StepState, id: string, change: Partial<UnitState>): StepState => ({
  ...step,
  units: step.units.set(id, { ...unitState(step, id), ...change }),
});
