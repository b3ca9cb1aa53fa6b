import type { Command } from "../../model/command.ts";
import type { RunEvent } from "../../model/event.ts";
import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { rollbackRefusal } from "../refusal.ts";
import { cancelCommand, performCommand } from "./commands.ts";
import { effectsUnderWay, stopCommands } from "./stop.ts";

/** The end of a run that a person wants stopped, when nothing is under way any more; null before that. */
export function stoppedFact(index: PlanIndex, state: RunState): RunEvent | null {
  const { stop } = state;
  if (stop === null) return null;
  for (const _ of effectsUnderWay(state)) return null;
  const what = stop.emergency ? "Emergency stop" : "Stopped";
  const back = rollbackRefusal(index, state) === null ? ["baton rollback"] : [];
  return {
    type: "run.ended",
    outcome: "stopped",
    reason: `${what} by ${stop.by.name}: ${stop.reason}`,
    next: ["baton explain", ...(state.status === "rolling-back" ? [] : ["baton retry"]), ...back],
  };
}

/**
 * Nothing begins. An emergency stop aborts all that is under way; else first tries come to their outcome and retries are
 * cancelled. What goes back cancels what is under way forward in any case.
 */
export function stoppedCommands(state: RunState, emergency: boolean): readonly Command[] {
  if (!emergency && state.status !== "rolling-back") return stopCommands(state);
  const commands: Command[] = [];
  for (const { step, unit } of effectsUnderWay(state)) {
    const present = unitState(stepState(state, step), unit);
    const goesOn = !emergency && present.direction === "undo" && present.failedAt === null;
    commands.push(
      goesOn ? performCommand(state, step, unit, present, "undo") : cancelCommand(state, step, unit, present),
    );
  }
  return commands;
}
