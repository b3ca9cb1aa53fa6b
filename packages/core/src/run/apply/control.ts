import type { RunState } from "../../model/run-state.ts";
import type { EventOf } from "./event-of.ts";

/** `run.paused`: nothing begins from here on. Paused twice is paused once; a run that has ended cannot be paused. */
export function applyRunPaused(state: RunState, event: EventOf<"run.paused">, at: number): RunState {
  if (state.status === "ended" || state.paused !== null) return state;
  return { ...state, paused: { reason: event.reason, by: event.by, at } };
}

/** `run.resumed`: the run goes on. */
export const applyRunResumed = (state: RunState): RunState =>
  state.paused === null ? state : { ...state, paused: null };

/**
 * `run.abort-requested`, `run.emergency-stop-requested`: noted, so that `decide` brings the run to its end. What was asked for
 * and has not taken effect is dropped. An emergency stop overtakes an abort, never the other way round.
 */
export function applyStopRequested(
  state: RunState,
  event: EventOf<"run.abort-requested" | "run.emergency-stop-requested">,
  at: number,
): RunState {
  const emergency = event.type === "run.emergency-stop-requested";
  if (state.status === "ended" || (state.stop !== null && !(emergency && !state.stop.emergency)))
    return state;
  return { ...state, asked: [], stop: { reason: event.reason, by: event.by, at, emergency } };
}
