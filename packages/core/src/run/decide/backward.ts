import type { Command } from "../../model/command.ts";
import type { RunEvent } from "../../model/event.ts";
import type { PlanStep } from "../../model/plan.ts";
import type { RunState, StepState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { cancelCommand } from "./commands.ts";
import { queuedCommands } from "./queue.ts";
import { slotsOf } from "./slots.ts";
import { effectsUnderWay } from "./stop.ts";
import { stoppedCommands, stoppedFact } from "./stopped.ts";

/** The next fact of a run that is being taken back; null when there is none for now. */
export function backwardFact(index: PlanIndex, state: RunState): RunEvent | null {
  if (state.stop !== null) return stoppedFact(index, state);
  let moves = false;
  for (const id of state.active) {
    const step = index.steps.get(id);
    if (step === undefined) continue;
    const present = stepState(state, id);
    if (isTakenBack(step, present)) return { type: "step.ended", step: id, outcome: "undone", units: null };
    if (!isStuck(present)) moves = true;
  }
  if (moves || state.paused !== null) return null;
  return state.active.size === 0 ? rolledBack(index) : stuck(state);
}

/** Stops what is under way forward, and undoes, first come first served. */
export function backwardCommands(index: PlanIndex, state: RunState, now: number): readonly Command[] {
  if (state.stop !== null) return stoppedCommands(state, state.stop.emergency);
  const slots = slotsOf(index.plan);
  const cancels: Command[] = [];
  const undoing: string[] = [];
  // A step that was opened again may have something under way although what is behind it had begun.
  for (const { step, unit } of effectsUnderWay(state)) {
    const it = unitState(stepState(state, step), unit);
    if (it.direction !== "do") continue;
    slots.occupy(unit);
    cancels.push(cancelCommand(state, step, unit, it));
  }
  for (const id of state.active) {
    const step = index.steps.get(id);
    if (step !== undefined && mustBeUndone(step)) undoing.push(id);
  }
  return [...cancels, ...queuedCommands(index, state, undoing, slots, now)];
}

/** Inert steps leave nothing to take back; all others that touched anything are taken back by their action. */
const mustBeUndone = (step: PlanStep): boolean => step.undo !== "inert";

const isTakenBack = (step: PlanStep, present: StepState): boolean =>
  present.underWay.size === 0 && (!mustBeUndone(step) || present.undone >= present.touched);

/** A step is stuck when all that is left of it are units whose undo failed for good. */
function isStuck(present: StepState): boolean {
  if (present.underWay.size > 0) return false;
  let stuckUnits = 0;
  for (const unit of present.spent) if (unitState(present, unit).direction === "undo") stuckUnits++;
  return stuckUnits > 0 && present.undone + stuckUnits >= present.touched;
}

/** A superseding run goes back to what was there when it began, which is between two releases. */
const rolledBack = ({ plan: { from, supersedes } }: PlanIndex): RunEvent => ({
  type: "run.ended",
  outcome: "rolled-back",
  reason:
    supersedes === undefined
      ? `${from} serves again: every step that had begun is undone.`
      : `What was there when the run began is there again, as ${supersedes} left it: every step that had begun is undone.`,
  next: [],
});

function stuck(state: RunState): RunEvent {
  const reasons: string[] = [];
  for (const id of state.active) {
    const present = stepState(state, id);
    for (const unit of present.spent) {
      const { problem, direction } = unitState(present, unit);
      if (problem === null || direction !== "undo") continue;
      reasons.push(`${id}${unit === "-" ? "" : ` for ${unit}`}: ${problem.code} ${problem.message}`);
    }
  }
  const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : "";
  return {
    type: "run.ended",
    outcome: "needs-operator",
    reason: `The rollback is stuck at ${reasons[0] ?? "a step"}${more}`,
    next: ["baton explain", "baton rollback"],
  };
}
