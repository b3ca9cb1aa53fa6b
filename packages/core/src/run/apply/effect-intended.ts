import type { PlanStep } from "../../model/plan.ts";
import type { RunState, StepState, UnitState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { mayUndo, stepState, unitState } from "../accessors.ts";
import { effectKey } from "../effect-key.ts";
import { rollbackTooLate } from "../refusal.ts";
import { anomaly } from "./anomaly.ts";
import type { EventOf } from "./event-of.ts";
import { withUnit } from "./queue.ts";

/** `effect.intended`: from here on the effect may be in the world, in whole or in part, whatever is journaled after. */
export function applyEffectIntended(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"effect.intended">,
  at: number,
): RunState {
  const step = index.steps.get(event.step);
  if (step === undefined) return anomaly(state, at, event.type, `${event.step} is no step of the plan`);
  const present = stepState(state, step.id);
  const unit = unitState(present, event.unit);
  const key = effectKey(state.run, step.id, event.unit, event.direction, unit.generation);
  if (event.key !== key) return anomaly(state, at, event.type, `${event.key} is not the effect due`);
  if (event.direction === "undo") return intendUndo(state, step, present, unit, event, at);
  return intendDo(state, step, present, unit, event, at);
}

function intendDo(
  state: RunState,
  step: PlanStep,
  present: StepState,
  unit: UnitState,
  event: EventOf<"effect.intended">,
  at: number,
): RunState {
  const begun = present.status === "running" || present.status === "failed";
  const open =
    state.status === "running" ? begun : state.status === "rolling-back" && state.active.has(step.id);
  const due =
    unit.direction === "do" && !unit.touched && (unit.status === "pending" || unit.status === "failed");
  if (!open || !due || !step.units.includes(event.unit))
    return anomaly(state, at, event.type, `${event.unit} of ${step.id} is ${unit.status}`);
  const intended = withUnit(present, event.unit, {
    status: "intended",
    intended: true,
    touched: true,
    before: event.before,
  });
  const next: RunState = {
    ...state,
    steps: state.steps.set(step.id, {
      ...intended,
      touched: intended.touched + 1,
      underWay: intended.underWay.add(event.unit),
      // Behind the cursor of a rollback there is nothing left to take back, and now there is.
      cursor: state.status === "rolling-back" ? 0 : intended.cursor,
    }),
  };
  return step.undo === "none" ? refusePendingRollback(next, step, at) : next;
}

/** A rollback asked for in the moment in which a step without undo began comes too late, as if it had been asked for after. */
export function refusePendingRollback(state: RunState, step: PlanStep, at: number): RunState {
  const asked = state.rollback;
  if (asked === null || asked.by === null || state.status !== "running") return state;
  return {
    ...state,
    rollback: null,
    refused: { problem: rollbackTooLate(state.run, step), by: asked.by, at },
  };
}

function intendUndo(
  state: RunState,
  step: PlanStep,
  present: StepState,
  unit: UnitState,
  event: EventOf<"effect.intended">,
  at: number,
): RunState {
  const settled = unit.direction === "do" && ["done", "spent", "parked"].includes(unit.status);
  const retried = unit.direction === "undo" && unit.status === "failed" && !unit.intended;
  const due = unit.touched && (settled || retried);
  if (!mayUndo(state, step.id, event.unit) || !due)
    return anomaly(state, at, event.type, `${event.unit} of ${step.id} is ${unit.status}`);
  const undoing = withUnit(present, event.unit, {
    status: "undoing",
    direction: "undo",
    intended: true,
    ...(settled ? { failures: 0, failedAt: null } : {}),
  });
  return {
    ...state,
    steps: state.steps.set(step.id, {
      ...undoing,
      // A step that one tenant alone goes back from stays what it is.
      status: state.status === "running" ? undoing.status : "undoing",
      underWay: undoing.underWay.add(event.unit),
      spent: undoing.spent.delete(event.unit),
    }),
  };
}
