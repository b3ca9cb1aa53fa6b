import type { Command } from "../../model/command.ts";
import type { RunEvent } from "../../model/event.ts";
import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { rollbackRefusal } from "../refusal.ts";
import { undosUnderWay } from "./back-alone.ts";
import { cancelCommand, performCommand } from "./commands.ts";

/** What follows from a failed step: the rollback, or, when all that is under way has an outcome, the run's end. */
export function stopFact(index: PlanIndex, state: RunState): RunEvent | null {
  const step = state.failed.first();
  if (step === undefined) return null;
  const why = whyFailed(state, step);
  const refusal = rollbackRefusal(index, state);
  const beforeHold = !index.behindHold.has(step);
  if (undosUnderWay(state).length > 0) return null;
  if (index.plan.onFailure === "rollback" && beforeHold && refusal === null)
    return { type: "run.rolling-back", reason: why };
  for (const _ of effectsUnderWay(state)) return null;
  return {
    type: "run.ended",
    outcome: "needs-operator",
    reason: why,
    next: ["baton explain", "baton retry", ...(refusal === null ? ["baton rollback"] : [])],
  };
}

/** Nothing new begins; first tries come to their outcome, and what would be tried again is stopped. */
export function stopCommands(state: RunState): readonly Command[] {
  const commands: Command[] = [];
  for (const { step, unit } of effectsUnderWay(state)) {
    const present = unitState(stepState(state, step), unit);
    const first = present.failedAt === null;
    commands.push(
      first
        ? performCommand(state, step, unit, present, present.direction)
        : cancelCommand(state, step, unit, present),
    );
  }
  return commands;
}

/** Every effect whose intent is journaled and whose outcome is not final, in either direction. */
export function* effectsUnderWay(
  state: RunState,
): Generator<{ readonly step: string; readonly unit: string }> {
  for (const step of stepsAtWork(state))
    for (const unit of stepState(state, step).underWay) yield { step, unit };
}

function* stepsAtWork(state: RunState): Generator<string> {
  yield* state.active;
  yield* state.failed.subtract(state.active);
  yield* state.reopened.subtract(state.active, state.failed);
  const known = (id: string) => state.active.has(id) || state.failed.has(id) || state.reopened.has(id);
  const others = state.goingBack
    .valueSeq()
    .flatMap(({ step }) => (step === null || known(step) ? [] : [step]));
  yield* others.toOrderedSet();
}

function whyFailed(state: RunState, id: string): string {
  const step = stepState(state, id);
  const unit = step.spent.first();
  const problem = unit === undefined ? null : unitState(step, unit).problem;
  if (unit === undefined || problem === null) return `Step ${id} failed.`;
  const whose = unit === "-" ? "" : ` for ${unit}`;
  return `Step ${id} failed${whose}: ${problem.code} ${problem.message}`;
}
