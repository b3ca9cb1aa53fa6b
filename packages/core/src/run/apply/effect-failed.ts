import type { RunState, StepState, UnitState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { mayUndo, stepState, unitState } from "../accessors.ts";
import { effectKey } from "../effect-key.ts";
import { anomaly } from "./anomaly.ts";
import type { EventOf } from "./event-of.ts";
import { advance, withUnit } from "./queue.ts";
import { nextBack, parkUnit } from "./way-back.ts";

/**
 * `effect.failed`: one try failed. With tries left the unit is to be tried again, else it failed for good. A try may fail
 * before its intent is journaled (what is there now could not be read); then nothing was touched.
 */
export function applyEffectFailed(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"effect.failed">,
  at: number,
): RunState {
  const step = stepState(state, event.step);
  const unit = unitState(step, event.unit);
  const direction = directionOf(state, step, unit, event);
  if (direction === null) return anomaly(state, at, event.type, `${event.key} is not under way`);
  const failures = (direction === unit.direction ? unit.failures : 0) + 1;
  if (event.attempt < failures) return anomaly(state, at, event.type, `try ${event.attempt} failed before`);
  const spent = event.final || failures >= index.plan.limits.attempts;
  const tried = withUnit(step, event.unit, {
    status: spent ? "spent" : "failed",
    direction,
    intended: direction === unit.direction && unit.intended,
    failures,
    failedAt: at,
    problem: event.problem,
  });
  const next: RunState = {
    ...state,
    steps: state.steps.set(event.step, {
      ...tried,
      underWay: spent ? tried.underWay.delete(event.unit) : tried.underWay,
      failing: spent ? tried.failing.delete(event.unit) : tried.failing.delete(event.unit).add(event.unit),
      spent: spent ? tried.spent.add(event.unit) : tried.spent.delete(event.unit),
    }),
  };
  const stopped =
    spent && direction === "do" && state.status === "running" && state.goingBack.has(event.unit);
  const over = stopped ? nextBack(index, parkUnit(next, event.step, event.unit), event.unit, at) : next;
  return advance(index, over, event.step);
}

/** The direction of the try that failed; null where no such try can have been made. */
function directionOf(
  state: RunState,
  step: StepState,
  unit: UnitState,
  event: EventOf<"effect.failed">,
): "do" | "undo" | null {
  const { status, direction, generation } = unit;
  const isKey = (way: "do" | "undo") =>
    event.key === effectKey(state.run, event.step, event.unit, way, generation);
  if (state.status === "ended") return null;
  if (direction === "do" && isKey("do")) {
    const begun = step.status === "running" || step.status === "failed" || step.status === "undoing";
    return begun && ["pending", "intended", "failed"].includes(status) ? "do" : null;
  }
  if (!isKey("undo") || !mayUndo(state, event.step, event.unit)) return null;
  if (direction === "undo") return status === "undoing" || status === "failed" ? "undo" : null;
  return unit.touched && ["done", "spent", "parked"].includes(status) ? "undo" : null;
}
