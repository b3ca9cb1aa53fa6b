import type { Command } from "../../model/command.ts";
import type { RunEvent } from "../../model/event.ts";
import type { PlanStep } from "../../model/plan.ts";
import type { RunState, StepState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { mannerOf, needsAllTenants, timerSeconds } from "../manner.ts";
import { isBeyondScope } from "../scope.ts";
import { stopUndos, undosUnderWay, withoutTurned } from "./back-alone.ts";
import { endOfForward } from "./end.ts";
import { queuedCommands } from "./queue.ts";
import { scopeFact } from "./scope.ts";
import { askedFact, withSettled } from "./settle.ts";
import { slotsOf } from "./slots.ts";
import { stopCommands, stopFact } from "./stop.ts";
import { stoppedCommands, stoppedFact } from "./stopped.ts";
import { waitingFact } from "./waiting.ts";

/** The next fact of a run that goes forward; null when there is none for now. */
export function forwardFact(index: PlanIndex, state: RunState, now: number): RunEvent | null {
  if (state.rollback !== null)
    return undosUnderWay(state).length > 0
      ? null
      : { type: "run.rolling-back", reason: state.rollback.reason };
  if (state.stop !== null) return stoppedFact(index, state);
  const [asked] = state.asked;
  if (asked !== undefined) return askedFact(state, asked);
  const scoped = scopeFact(index, state);
  if (scoped !== null) return scoped;
  if (state.failed.size > 0) return state.paused === null ? stopFact(index, state) : null;
  for (const id of state.active) {
    const step = index.steps.get(id);
    if (step === undefined) continue;
    const fact = stepFact(state, step, stepState(state, id), index, now);
    if (fact !== null) return fact;
  }
  if (state.paused !== null) return null;
  return endOfForward(index, state) ?? waitingFact(index, state);
}

/** Effects to be under way, and when to look again. */
export function forwardCommands(index: PlanIndex, state: RunState, now: number): readonly Command[] {
  if (state.stop !== null) return stoppedCommands(state, state.stop.emergency);
  if (state.rollback !== null)
    return [...stopCommands(state).filter((command) => !isUndo(state, command)), ...stopUndos(state)];
  if (state.failed.size > 0) return withoutTurned(state, withSettled(state, stopCommands(state)));
  const performing: string[] = [];
  let timer: number | null = null;
  for (const id of state.active) {
    const step = index.steps.get(id);
    const present = stepState(state, id);
    if (step === undefined || present.status !== "running") continue;
    if (mannerOf(step) === "performed") performing.push(id);
    const end = state.open.has(id) ? null : timerEnd(step, present);
    if (end !== null) timer = Math.min(timer ?? end, end);
  }
  const commands = queuedCommands(index, state, performing, slotsOf(index.plan), now);
  return withWake(withoutTurned(state, withSettled(state, commands)), timer);
}

/** Whether a command is about the undo of a tenant that goes back alone. */
const isUndo = (state: RunState, command: Command): boolean =>
  "step" in command &&
  undosUnderWay(state).some(({ step, unit }) => step === command.step && unit === command.unit);

/** At most one wake, the earliest. */
function withWake(commands: readonly Command[], at: number | null): readonly Command[] {
  if (at === null) return commands;
  const other = commands.find((command) => command.kind === "wake");
  if (other === undefined) return [...commands, { kind: "wake", at }];
  return [...commands.filter((command) => command !== other), { kind: "wake", at: Math.min(other.at, at) }];
}

function stepFact(
  state: RunState,
  step: PlanStep,
  present: StepState,
  index: PlanIndex,
  now: number,
): RunEvent | null {
  if (present.status === "pending") {
    if (isBeyondScope(index, state, step.id)) return null;
    if (state.paused !== null || (state.parked.size > 0 && needsAllTenants(step))) return null;
    return { type: "step.started", step: step.id };
  }
  // A step behind one that was opened again ends after it.
  if (present.skipped && !state.open.has(step.id)) return ended(step.id, "succeeded");
  const outcome = state.open.has(step.id) ? null : outcomeOf(step, present, now);
  if (outcome !== null) return ended(step.id, outcome);
  return spentFact(step, present, index.plan.limits.failureBudget);
}

function outcomeOf(step: PlanStep, present: StepState, now: number): "succeeded" | "failed" | null {
  switch (mannerOf(step)) {
    case "approval":
      return present.approvedBy === null ? null : "succeeded";
    case "timer": {
      const end = timerEnd(step, present);
      // A time that nobody can read is never taken for a time that is over.
      if (end === null) return "failed";
      return now >= end ? "succeeded" : null;
    }
    case "performed":
      return present.done + present.parked >= step.units.length ? "succeeded" : null;
  }
}

/** A unit that failed for good is parked while the budget lasts; beyond it, and without a fan-out, the step fails. */
function spentFact(step: PlanStep, present: StepState, budget: number): RunEvent | null {
  const unit = present.spent.find((id) => unitState(present, id).direction === "do");
  if (unit === undefined) return null;
  const { problem } = unitState(present, unit);
  if (!step.fanOut || problem === null || present.parked >= budget) return ended(step.id, "failed");
  return { type: "unit.parked", step: step.id, unit, problem };
}

const ended = (step: string, outcome: "succeeded" | "failed"): RunEvent => ({
  type: "step.ended",
  step,
  outcome,
  units: null,
});

function timerEnd(step: PlanStep, present: StepState): number | null {
  if (mannerOf(step) !== "timer" || present.startedAt === null) return null;
  const seconds = timerSeconds(step);
  return seconds === null ? null : present.startedAt + seconds * 1000;
}
