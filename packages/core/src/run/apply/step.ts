import type { PlanStep } from "../../model/plan.ts";
import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { isBegun, stepState, withStep } from "../accessors.ts";
import { mannerOf } from "../manner.ts";
import { anomaly } from "./anomaly.ts";
import type { EventOf } from "./event-of.ts";
import { close, enqueue } from "./queue.ts";
import { closeForward } from "./return.ts";
import { leaveOut } from "./unit-parked.ts";

/** `step.started`: its dependencies have ended. Tenants parked before are left out of it from the start. */
export function applyStepStarted(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"step.started">,
  at: number,
): RunState {
  const step = index.steps.get(event.step);
  if (step === undefined) return anomaly(state, at, event.type, `${event.step} is no step of the plan`);
  if (state.status !== "running" || !state.active.has(step.id))
    return anomaly(state, at, event.type, `${step.id} is not ready to start`);
  if (isBegun(stepState(state, step.id))) return anomaly(state, at, event.type, `${step.id} already began`);
  let next = withStep({ ...state, waiting: null }, step.id, { status: "running", startedAt: at });
  if (step.fanOut && state.parked.size > 0)
    for (const unit of step.units) if (state.parked.has(unit)) next = leaveOut(next, step.id, unit);
  return enqueue(index, next, step.id, at);
}

/** `step.ended`: forward it opens what waits for it; backward it opens what it waited for. */
export function applyStepEnded(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"step.ended">,
  at: number,
): RunState {
  const step = index.steps.get(event.step);
  if (step === undefined) return anomaly(state, at, event.type, `${event.step} is no step of the plan`);
  if (event.outcome === "undone") return endUndone(index, state, step, event, at);
  if (state.status !== "running" || stepState(state, step.id).status !== "running")
    return anomaly(state, at, event.type, `${step.id} is not running`);
  const ended: RunState = {
    ...withStep(state, step.id, { status: event.outcome, endedAt: at }),
    active: state.active.delete(step.id),
    waiting: state.waiting?.step === step.id ? null : state.waiting,
  };
  if (event.outcome === "failed") return { ...ended, failed: ended.failed.add(step.id) };
  const reopened = ended.reopened.delete(step.id);
  const followers = index.dependants.get(step.id) ?? [];
  const closed = followers.reduce((next, id) => closeForward(index, next, id, at), {
    ...ended,
    remaining: ended.remaining - 1,
    reopened,
  });
  return reopened.isEmpty() ? { ...closed, returning: closed.returning.clear() } : closed;
}

function endUndone(
  index: PlanIndex,
  state: RunState,
  step: PlanStep,
  event: EventOf<"step.ended">,
  at: number,
): RunState {
  if (state.status !== "rolling-back" || !state.active.has(step.id))
    return anomaly(state, at, event.type, `${step.id} is not being taken back`);
  let next: RunState = withStep(state, step.id, { status: "undone", undoneAt: at });
  next = { ...next, active: next.active.delete(step.id) };
  for (const id of new Set(step.after)) {
    if (!index.steps.has(id)) continue;
    next = close(next, id);
    if (next.active.has(id)) next = enqueue(index, next, id, at);
  }
  return next;
}

/** `hold.approved`: counts once, while the gate's step runs. Approval of a gate that is still to come would approve what nobody saw. */
export function applyHoldApproved(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"hold.approved">,
): RunState {
  const step = index.steps.get(event.step);
  const present = stepState(state, event.step);
  const counts =
    step !== undefined &&
    mannerOf(step) === "approval" &&
    state.status === "running" &&
    present.status === "running" &&
    present.approvedBy === null;
  return counts ? withStep(state, event.step, { approvedBy: event.by }) : state;
}

/** `run.waiting`: the only thing left is a person or a time. */
export function applyRunWaiting(state: RunState, event: EventOf<"run.waiting">, at: number): RunState {
  if (state.status !== "running") return anomaly(state, at, event.type, `the run is ${state.status}`);
  return { ...state, waiting: { step: event.step, reason: event.reason, since: at } };
}
