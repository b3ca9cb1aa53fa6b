import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { anomaly } from "./anomaly.ts";
import type { EventOf } from "./event-of.ts";

/** `run.opened`: the plan a run is about is the one its state was made for. */
export function applyRunOpened(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"run.opened">,
  at: number,
): RunState {
  if (state.openedAt !== null) return anomaly(state, at, event.type, "the run was already opened");
  if (event.planHash !== index.plan.hash) return anomaly(state, at, event.type, "it names another plan");
  return { ...state, openedAt: at };
}

/** `run.approved`: counts once, and only for the plan that was approved. */
export function applyRunApproved(state: RunState, event: EventOf<"run.approved">): RunState {
  const counts = state.status === "opened" && state.approvedBy === null && event.planHash === state.planHash;
  return counts ? { ...state, approvedBy: event.by } : state;
}

/** `run.started`: an approved run begins. */
export function applyRunStarted(state: RunState, event: EventOf<"run.started">, at: number): RunState {
  if (state.status !== "opened") return anomaly(state, at, event.type, `the run is ${state.status}`);
  if (state.approvedBy === null) return anomaly(state, at, event.type, "the run is not approved");
  return { ...state, status: "running", startedAt: at };
}

/** `run.ended`: nothing moves any more, until a person asks for a rollback or a retry. */
export function applyRunEnded(state: RunState, event: EventOf<"run.ended">, at: number): RunState {
  if (state.status === "ended") return anomaly(state, at, event.type, "the run has already ended");
  // Somebody asked for a rollback in the moment in which the run was ending: the same as asking just after.
  if (state.status !== "rolling-back" && state.rollback !== null) return state;
  const { outcome, reason, next } = event;
  return {
    ...state,
    status: "ended",
    waiting: null,
    paused: null,
    asked: [],
    ended: { outcome, reason, next, at },
  };
}
