import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState, withStep } from "../accessors.ts";
import { close, enqueue, withUnit } from "./queue.ts";

/**
 * Tenants that were parked catch up: every step that began without them owes them its effect. Steps that had ended without them
 * are opened again, and with them all that ended behind: those end again, in the plan's order, so that nothing that needs every
 * tenant starts before all have caught up. What is at work goes on.
 */
export function bringForward(
  index: PlanIndex,
  from: RunState,
  tenants: readonly string[],
  at: number,
): RunState {
  if (tenants.length === 0) return from;
  const missed = new Set<string>();
  let state = from;
  for (const tenant of tenants) {
    state = { ...state, parked: state.parked.delete(tenant), returning: state.returning.add(tenant) };
    for (const step of index.plan.steps) {
      if (!step.fanOut || unitState(stepState(state, step.id), tenant).status !== "parked") continue;
      missed.add(step.id);
      state = owe(state, step.id, tenant, at);
    }
  }
  return reopen(index, state, missed, at);
}

/** The step has this tenant still to do, as if it waited for its next try. */
function owe(state: RunState, id: string, tenant: string, at: number): RunState {
  const step = stepState(state, id);
  const { intended } = unitState(step, tenant);
  const owed = withUnit(step, tenant, { status: "failed", failures: 0, failedAt: at + 1 });
  return withStep(state, id, {
    units: owed.units,
    parked: step.parked - 1,
    failing: step.failing.add(tenant),
    underWay: intended ? step.underWay.add(tenant) : step.underWay,
  });
}

function reopen(index: PlanIndex, from: RunState, missed: ReadonlySet<string>, at: number): RunState {
  const again = new Set<string>();
  for (const id of index.order) {
    if (stepState(from, id).status !== "succeeded") continue;
    const behind = index.steps.get(id)?.after.some((before) => again.has(before)) === true;
    if (behind || missed.has(id)) again.add(id);
  }
  let state = from;
  for (const id of again) {
    state = withStep(state, id, { status: "running", endedAt: null });
    state = { ...state, remaining: state.remaining + 1, reopened: state.reopened.add(id) };
    for (const next of index.dependants.get(id) ?? []) {
      state = { ...state, open: state.open.set(next, (state.open.get(next) ?? 0) + 1) };
      if (stepState(state, next).status === "pending")
        state = { ...state, active: state.active.delete(next) };
    }
  }
  for (const id of again) {
    if (state.open.has(id)) continue;
    state = enqueue(index, { ...state, active: state.active.add(id) }, id, at);
  }
  return state.reopened.isEmpty() ? { ...state, returning: state.returning.clear() } : state;
}

/** One dependency less is open, forward. What was opened again and what is at work gets its returning tenants with the last. */
export function closeForward(index: PlanIndex, state: RunState, id: string, at: number): RunState {
  const { status } = stepState(state, id);
  if (status === "pending") return close(state, id);
  const left = (state.open.get(id) ?? 0) - 1;
  if (left > 0) return { ...state, open: state.open.set(id, left) };
  const closed = { ...state, open: state.open.delete(id) };
  if (status !== "running") return closed;
  const released = release(closed, id, at);
  if (released.active.has(id)) return released;
  return enqueue(index, { ...released, active: released.active.add(id) }, id, at);
}

/** Returning tenants stand in line from now on, behind all that may be at work. */
function release(state: RunState, id: string, at: number): RunState {
  let step = stepState(state, id);
  for (const unit of step.failing) {
    const { intended, failures } = unitState(step, unit);
    if (state.returning.has(unit) && !intended && failures === 0)
      step = withUnit(step, unit, { failedAt: at + 1 });
  }
  return { ...state, steps: state.steps.set(id, step) };
}
