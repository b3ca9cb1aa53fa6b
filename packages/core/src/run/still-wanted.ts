import type { Command } from "../model/command.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { mayUndo, stepState, unitState } from "./accessors.ts";
import { effectKey } from "./effect-key.ts";

/**
 * Whether a `perform` that was asked for earlier may still begin. To be asked in the moment its intent is journaled, with the
 * newest state: since the command was given a rollback may have begun, and an effect that begins after that would stay behind;
 * or the run was paused or stopped.
 */
export function stillWanted(
  index: PlanIndex,
  state: RunState,
  command: Extract<Command, { kind: "perform" }>,
): boolean {
  const step = stepState(state, command.step);
  const unit = unitState(step, command.unit);
  const key = effectKey(state.run, command.step, command.unit, command.direction, unit.generation);
  if (!index.steps.has(command.step) || key !== command.key) return false;
  if (state.paused !== null || state.stop !== null) return false;
  const goesForward = state.status === "running" && state.rollback === null && state.failed.size === 0;
  if (command.direction === "undo")
    return (
      mayUndo(state, command.step, command.unit) &&
      (state.status === "rolling-back" || goesForward) &&
      unit.touched &&
      unit.status !== "undone"
    );
  if (!mayBeTriedNow(state, command.step, command.unit)) return false;
  const open = unit.status === "pending" || unit.status === "failed" || unit.status === "intended";
  return goesForward && !step.skipped && step.status === "running" && unit.direction === "do" && open;
}

/** False for a tenant that catches up while steps before this one were opened again for it: it goes through them in order. */
export function mayBeTriedNow(state: RunState, step: string, unit: string): boolean {
  if (!state.returning.has(unit) || !state.open.has(step)) return true;
  return unitState(stepState(state, step), unit).intended;
}
