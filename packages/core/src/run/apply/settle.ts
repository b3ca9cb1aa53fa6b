import { SOLE_UNIT } from "../../model/plan.ts";
import type { AskedSettle, RunState, StepState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { doneRefusal, skipRefusal } from "../settle-refusals.ts";
import { anomaly } from "./anomaly.ts";
import { refusePendingRollback } from "./effect-intended.ts";
import type { EventOf } from "./event-of.ts";
import { advance, withUnit } from "./queue.ts";
import { runAgain } from "./retry.ts";

/** `step.skip-requested`, `step.done-declared`: noted, so that `decide` settles it; opens a run that has ended again. */
export function applySettleRequested(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"step.skip-requested" | "step.done-declared">,
  at: number,
): RunState {
  const { step, tenant, by } = event;
  const skip = event.type === "step.skip-requested";
  const problem = skip ? skipRefusal(index, state, event) : doneRefusal(index, state, event);
  if (problem !== null) return { ...state, refused: { problem, by, at } };
  const settle: AskedSettle = skip
    ? { kind: "settle", how: "skipped", step, tenant, reason: event.reason, by }
    : { kind: "settle", how: "done", step, tenant, reason: event.evidence, by };
  const asked = [...state.asked, settle];
  if (state.status !== "ended") return { ...state, asked };
  return { ...state, status: "running", ended: null, stop: null, asked };
}

/** `step.settled`: counts as done without an effect of the run's own. A step that had failed runs again, to its end. */
export function applyStepSettled(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"step.settled">,
  at: number,
): RunState {
  const step = index.steps.get(event.step);
  if (step === undefined || state.status !== "running")
    return anomaly(state, at, event.type, `${event.step} cannot be settled now`);
  const { how, tenant, by, reason } = event;
  const noted: RunState = {
    ...state,
    asked: state.asked.slice(1),
    waiting: null,
    byHand: [...state.byHand, { how, step: step.id, tenant, reason, by, at }],
  };
  const next = noted.failed.has(step.id) ? runAgain(index, noted, step.id, at) : noted;
  const present = stepState(next, step.id);
  const settled =
    how === "skipped" && tenant === null
      ? { ...present, skipped: true }
      : settleUnit(present, tenant ?? SOLE_UNIT, how === "done");
  const over = advance(index, { ...next, steps: next.steps.set(step.id, settled) }, step.id);
  // What a person did for good is as much there as what the run did.
  return how === "done" && step.undo === "none" ? refusePendingRollback(over, step, at) : over;
}

function settleUnit(step: StepState, id: string, isThere: boolean): StepState {
  const { status, touched } = unitState(step, id);
  if (status === "done") return step;
  const settled = withUnit(step, id, {
    status: "done",
    failures: 0,
    failedAt: null,
    problem: null,
    touched: touched || isThere,
  });
  return {
    ...settled,
    done: step.done + 1,
    touched: step.touched + (isThere && !touched ? 1 : 0),
    parked: step.parked - (status === "parked" ? 1 : 0),
    underWay: step.underWay.delete(id),
    failing: step.failing.delete(id),
    spent: step.spent.delete(id),
  };
}
