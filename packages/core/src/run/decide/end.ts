import type { RunEvent } from "../../model/event.ts";
import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState } from "../accessors.ts";
import { retriesOfParked } from "../parked.ts";
import { counted, namesInWords } from "../words.ts";
import { stuckTenants } from "./back-alone.ts";

/** The end of a run that goes forward, when nothing is left that may be done; null before that. */
export function endOfForward(index: PlanIndex, state: RunState): RunEvent | null {
  if (state.scope !== null && state.remaining > 0) return null;
  if (!state.goingBack.isEmpty()) {
    const over =
      state.remaining === 0 || [...state.active].every((id) => stepState(state, id).status === "pending");
    return over ? stuckTenants(state) : null;
  }
  if (state.remaining === 0) return state.parked.size === 0 ? succeeded(index) : withParked(index, state);
  const barred = [...state.active].every((id) => stepState(state, id).status === "pending");
  if (!barred) return null;
  if (state.active.size === 0)
    return {
      type: "run.ended",
      outcome: "needs-operator",
      reason: `${counted(state.remaining, "step")} of the plan can never start: they wait for each other.`,
      next: ["baton explain", "baton rollback"],
    };
  return index.plan.onParked === "finish" ? withParked(index, state) : null;
}

const succeeded = (index: PlanIndex): RunEvent => ({
  type: "run.ended",
  outcome: "succeeded",
  reason: `${index.plan.release} is in place: all ${counted(index.steps.size, "step")} ended.`,
  next: [],
});

const withParked = (index: PlanIndex, state: RunState): RunEvent => {
  const names = namesInWords(state.parked.keySeq().sort().toArray());
  const left =
    state.remaining === 0 ? "" : ` ${counted(state.remaining, "step")} that need every tenant were left out.`;
  return {
    type: "run.ended",
    outcome: "succeeded-with-parked",
    reason: `${index.plan.release} is in place for all tenants but ${names}.${left}`,
    next: ["baton explain", ...retriesOfParked(state), "baton rollback"],
  };
};
