import type { Command } from "../model/command.ts";
import type { RunEvent } from "../model/event.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { apply } from "./apply.ts";
import { backwardCommands, backwardFact } from "./decide/backward.ts";
import { forwardCommands, forwardFact } from "./decide/forward.ts";
import { stoppedFact } from "./decide/stopped.ts";

/**
 * What is to be done next. Pure, total, and by active steps: what ended costs nothing.
 *
 * Where facts follow from the state they are all recorded first, in one `record`, and nothing else is asked for: append them,
 * apply them, decide again. Else the commands are what is to be under way now, and a `wake`. An effect stays in the list, under
 * the same key, until its outcome is journaled: whoever performs remembers which keys it has in hand and starts only the others.
 * Who waits between a command and its intent asks `stillWanted` before journaling the intent.
 *
 * `now` is the journal database's time, milliseconds since 1970, never earlier than the last event.
 */
export function decide(index: PlanIndex, state: RunState, now: number): readonly Command[] {
  const time = Math.max(now, state.at);
  const events = factsOf(index, state, time);
  if (events.length > 0) return [{ kind: "record", events }];
  if (state.status === "running") return forwardCommands(index, state, time);
  if (state.status === "rolling-back") return backwardCommands(index, state, time);
  return [];
}

/** Facts lead to facts (a step ended, so the next starts): all of them at once, so that they cost one commit. */
function factsOf(index: PlanIndex, from: RunState, now: number): readonly RunEvent[] {
  const events: RunEvent[] = [];
  let state = from;
  for (let event = factOf(index, state, now); event !== null; event = factOf(index, state, now)) {
    events.push(event);
    const next = apply(index, state, { at: now, event });
    if (next.anomalies.count > state.anomalies.count) return events.slice(0, -1);
    state = next;
  }
  return events;
}

function factOf(index: PlanIndex, state: RunState, now: number): RunEvent | null {
  switch (state.status) {
    case "opened":
      if (state.rollback !== null) return { type: "run.rolling-back", reason: state.rollback.reason };
      if (state.stop !== null) return stoppedFact(index, state);
      return state.approvedBy === null || state.paused !== null ? null : { type: "run.started" };
    case "running":
      return forwardFact(index, state, now);
    case "rolling-back":
      return backwardFact(index, state);
    case "ended":
      return null;
  }
}
