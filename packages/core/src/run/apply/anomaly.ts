import type { RunState } from "../../model/run-state.ts";

/** The state, unchanged but for the note that an event did not fit it. */
export const anomaly = (state: RunState, at: number, type: string, reason: string): RunState => ({
  ...state,
  anomalies: { count: state.anomalies.count + 1, last: { at, type, reason } },
});
