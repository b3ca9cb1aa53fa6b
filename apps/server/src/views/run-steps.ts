import type { LoadedRun } from "@baton/conductor";
import type { RunStepBody } from "@baton/contracts";
import {
  effectKey,
  isUnderWay,
  type Json,
  type PlanStep,
  type Problem,
  type StepState,
  stepState,
  unitState,
} from "@baton/core";
import type { z } from "zod";

export type StepBody = z.infer<typeof RunStepBody>;

/** Every step of a run's plan with what became of it, in the plan's order. */
export const stepBodies = (loaded: LoadedRun): readonly StepBody[] =>
  loaded.plan.steps.map((step) => stepBody(loaded, step));

/** One of them. */
export function stepBody({ index, state }: LoadedRun, step: PlanStep): StepBody {
  const present = stepState(state, step.id);
  const { status, startedAt, endedAt, undoneAt, approvedBy, skipped } = present;
  return {
    step: step.id,
    phase: step.phase,
    kind: step.kind,
    title: step.title,
    after: step.after,
    status,
    startedAt,
    endedAt,
    undoneAt,
    plannedSeconds: step.seconds,
    undoSeconds: step.undoSeconds,
    undo: step.undo,
    fanOut: step.fanOut,
    hold: index.holdSteps.has(step.id),
    behindHold: index.behindHold.has(step.id),
    approvedBy,
    skipped,
    units: {
      total: step.units.length,
      done: present.done,
      parked: present.parked,
      underWay: present.underWay.size,
      failing: present.failing.size,
      spent: present.spent.size,
      touched: present.touched,
      undone: present.undone,
    },
    problem: lastProblem(present),
  };
}

/** Of the unit that failed last. */
function lastProblem(present: StepState): Problem | null {
  let last: { readonly problem: Problem; readonly at: number } | null = null;
  for (const unit of [...present.failing, ...present.spent]) {
    const { problem, failedAt } = unitState(present, unit);
    if (problem !== null && (failedAt ?? 0) >= (last?.at ?? 0)) last = { problem, at: failedAt ?? 0 };
  }
  return last?.problem ?? null;
}

/** One tenant's share of a step, or the whole of one that does not fan out. */
export function unitBody(
  loaded: LoadedRun,
  step: PlanStep,
  unit: string,
  progress: Readonly<Record<string, Json>>,
) {
  const present = unitState(stepState(loaded.state, step.id), unit);
  const { status, direction, generation, failures, touched, before, output, problem } = present;
  const key = effectKey(loaded.run, step.id, unit, direction, generation);
  return {
    unit,
    status,
    direction,
    generation,
    failures,
    touched,
    before,
    output,
    problem,
    // Figures of an effect that has ended may still lie there.
    progress: isUnderWay(present) ? (progress[key] ?? null) : null,
  };
}
