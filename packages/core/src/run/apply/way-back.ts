import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { isUnderWay, stepState, unitState } from "../accessors.ts";
import { withUnit } from "./queue.ts";

/** Counts a tenant's share of a step as parked; what it touched remains to be undone. */
export function parkUnit(state: RunState, id: string, tenant: string): RunState {
  const step = stepState(state, id);
  const wasDone = unitState(step, tenant).status === "done";
  const parked = withUnit(step, tenant, { status: "parked" });
  return {
    ...state,
    steps: state.steps.set(id, {
      ...parked,
      done: step.done - (wasDone ? 1 : 0),
      parked: step.parked + 1,
      underWay: step.underWay.delete(tenant),
      failing: step.failing.delete(tenant),
      spent: step.spent.delete(tenant),
    }),
  };
}

/** Gives an undo that failed for good its tries back. */
export function undoAgain(state: RunState, id: string, tenant: string, at: number): RunState {
  const step = stepState(state, id);
  if (!step.spent.has(tenant)) return state;
  const retried = withUnit(step, tenant, { status: "failed", failures: 0, failedAt: at + 1 });
  return {
    ...state,
    steps: state.steps.set(id, {
      ...retried,
      underWay: unitState(step, tenant).intended ? step.underWay.add(tenant) : step.underWay,
      failing: step.failing.add(tenant),
      spent: step.spent.delete(tenant),
    }),
  };
}

/** Which of a tenant's effects is undone next: the last one in the plan's order. With none left the tenant is back. */
export function nextBack(index: PlanIndex, from: RunState, tenant: string, at: number): RunState {
  let state = from;
  const going = (step: string | null): RunState => ({
    ...state,
    goingBack: state.goingBack.set(tenant, { step, since: at + 1 }),
  });
  const unitOf = (id: string) => unitState(stepState(state, id), tenant);
  const fanOuts = [...index.order].reverse().filter((id) => index.steps.get(id)?.fanOut === true);
  if (fanOuts.some((id) => unitOf(id).direction === "do" && isUnderWay(unitOf(id)))) return going(null);
  for (const id of fanOuts) {
    if (!unitOf(id).touched) continue;
    if (index.steps.get(id)?.undo !== "inert") return going(id);
    state = forget(state, id, tenant);
  }
  return { ...state, goingBack: state.goingBack.delete(tenant) };
}

/** Nothing of a tenant's share is there any more: parked as if it had never begun, but for its next name. */
export function forget(state: RunState, id: string, tenant: string): RunState {
  const step = stepState(state, id);
  const units = withUnit(step, tenant, {
    status: "parked",
    direction: "do",
    intended: false,
    // Bringing it about again is a new effect and needs a new name.
    generation: unitState(step, tenant).generation + 1,
    failures: 0,
    before: null,
    output: null,
    problem: null,
    failedAt: null,
    touched: false,
  }).units;
  return {
    ...state,
    steps: state.steps.set(id, {
      ...step,
      units,
      touched: step.touched - 1,
      underWay: step.underWay.delete(tenant),
      failing: step.failing.delete(tenant),
      spent: step.spent.delete(tenant),
    }),
  };
}
