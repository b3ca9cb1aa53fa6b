import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { isUnderWay, stepState, unitState } from "../accessors.ts";
import { effectKey } from "../effect-key.ts";
import { anomaly } from "./anomaly.ts";
import type { EventOf } from "./event-of.ts";
import { advance, withUnit } from "./queue.ts";
import { forget, nextBack, parkUnit } from "./way-back.ts";

/** `effect.done`: the unit's present try succeeded. */
export function applyEffectDone(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"effect.done">,
  at: number,
): RunState {
  const step = stepState(state, event.step);
  const unit = unitState(step, event.unit);
  const key = effectKey(state.run, event.step, event.unit, unit.direction, unit.generation);
  if (state.status === "ended" || event.key !== key || !isUnderWay(unit))
    return anomaly(state, at, event.type, `${event.key} is not under way`);
  const back = unit.direction === "undo";
  const settled = withUnit(step, event.unit, {
    status: back ? "undone" : "done",
    intended: !back,
    failures: 0,
    failedAt: null,
    problem: null,
    // A redo after this undo is a new effect and needs a new name.
    ...(back
      ? { generation: unit.generation + (state.status === "running" ? 0 : 1) }
      : { output: event.output }),
  });
  const next: RunState = {
    ...state,
    steps: state.steps.set(event.step, {
      ...settled,
      done: settled.done + (back ? 0 : 1),
      undone: settled.undone + (back && state.status === "rolling-back" ? 1 : 0),
      underWay: settled.underWay.delete(event.unit),
      failing: settled.failing.delete(event.unit),
    }),
  };
  if (state.status === "running" && state.goingBack.has(event.unit)) {
    const over = back ? forget(next, event.step, event.unit) : parkUnit(next, event.step, event.unit);
    return advance(index, nextBack(index, over, event.unit, at), event.step);
  }
  return advance(index, next, event.step);
}
