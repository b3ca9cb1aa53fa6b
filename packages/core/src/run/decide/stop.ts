import type { Command } from "../../model/command.ts";
import type { RunEvent } from "../../model/event.ts";
import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { rollbackRefusal } from "../refusal.ts";
import { cancelCommand, performCommand } from "./commands.ts";

/** What follows from a failed step: the rollback, or, when all that is under way has an outcome, the run's end. */
export function stopFact(index: PlanIndex, state: RunState): RunEvent | null {
  const step = state.failed.first();
  if (step === undefined) return null;
  const why = whyFailed(state, step);
  const refusal = rollbackRefusal(index, state);
  const beforeHold = !index.behindHold.has(step);
  if (index.plan.onFailure === "rollback" && beforeHold && refusal === null)
    return { type: "run.rolling-back", reason: why };
  for (const id of stepsAtWork(state)) if (stepState(state, id).underWay.size > 0) return null;
  return {
    type: "run.ended",
    outcome: "needs-operator",
    reason: why,
    next: refusal === null ? ["baton explain", "baton rollback"] : ["baton explain"],
  };
}

/** Nothing new begins; first tries come to their outcome, and what would be tried again is stopped. */
export function stopCommands(state: RunState): readonly Command[] {
  const commands: Command[] = [];
  for (const id of stepsAtWork(state)) {
    const step = stepState(state, id);
    for (const unit of step.underWay) {
      const present = unitState(step, unit);
      const first = present.failedAt === null;
      commands.push(
        first ? performCommand(state, id, unit, present, "do") : cancelCommand(state, id, unit, present),
      );
    }
  }
  return commands;
}

function* stepsAtWork(state: RunState): Generator<string> {
  yield* state.active;
  yield* state.failed;
}

function whyFailed(state: RunState, id: string): string {
  const step = stepState(state, id);
  const unit = step.spent.first();
  const problem = unit === undefined ? null : unitState(step, unit).problem;
  if (unit === undefined || problem === null) return `Step ${id} failed.`;
  const whose = unit === "-" ? "" : ` for ${unit}`;
  return `Step ${id} failed${whose}: ${problem.code} ${problem.message}`;
}
