import type { Recorded } from "../model/event.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { apply } from "./apply.ts";

/** Folds events, in the journal's order of position, onto a state: `initialState` or a snapshot of the same run. */
export function fold(index: PlanIndex, from: RunState, events: Iterable<Recorded>): RunState {
  let state = from;
  for (const recorded of events) state = apply(index, state, recorded);
  return state;
}
