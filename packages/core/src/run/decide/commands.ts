import type { Command } from "../../model/command.ts";
import type { RunState, UnitState } from "../../model/run-state.ts";
import { effectKey } from "../effect-key.ts";

/** Asks for one unit's effect, or for its undo. */
export const performCommand = (
  state: RunState,
  step: string,
  id: string,
  unit: UnitState,
  direction: "do" | "undo",
): Command => ({
  kind: "perform",
  key: effectKey(state.run, step, id, direction, unit.generation),
  step,
  unit: id,
  direction,
  attempt: (unit.direction === direction ? unit.failures : 0) + 1,
  intended: unit.direction === direction && unit.intended,
  before: unit.before,
  output: direction === "undo" ? unit.output : null,
});

/** Asks that an effect under way be stopped. */
export const cancelCommand = (state: RunState, step: string, id: string, unit: UnitState): Command => ({
  kind: "cancel",
  key: effectKey(state.run, step, id, unit.direction, unit.generation),
  step,
  unit: id,
  attempt: unit.failures + 1,
});
