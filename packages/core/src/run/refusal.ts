import type { PlanStep } from "../model/plan.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import type { Problem } from "../problem.ts";
import { stepState } from "./accessors.ts";
import { mannerOf } from "./manner.ts";

/**
 * Why a rollback cannot be asked for now; null when it can. `BATON-RUN-ROLLED-BACK`: there is nothing left to take back.
 * `BATON-RUN-NO-RETURN`: a step that cannot be taken back has begun its work.
 */
export function rollbackRefusal(index: PlanIndex, state: RunState): Problem | null {
  if (state.ended?.outcome === "rolled-back")
    return {
      code: "BATON-RUN-ROLLED-BACK",
      message: `Run ${state.run} is rolled back: ${index.plan.from} serves again.`,
      remedy: "Nothing is left to take back.",
    };
  const step = touchedForGood(index, state);
  return step === null ? null : rollbackTooLate(state.run, step);
}

/** The refusal where a step without undo has begun its work. */
export const rollbackTooLate = (run: string, step: PlanStep): Problem => ({
  code: "BATON-RUN-NO-RETURN",
  message: `Run ${run} cannot be rolled back: step ${step.id} cannot be taken back and has begun.`,
  remedy: "Let the run go on, and plan a release that leads where you want to be.",
  details: { run, step: step.id },
});

/** Looks at the few steps without undo only. Work that was never intended left nothing behind. */
function touchedForGood(index: PlanIndex, state: RunState): PlanStep | null {
  for (const step of index.plan.steps)
    if (step.undo === "none" && stepState(state, step.id).touched > 0) return step;
  return null;
}

/** Why an approval of a gate would not count now; null when it would. */
export function approvalRefusal(index: PlanIndex, state: RunState, id: string): Problem | null {
  const refuse = (message: string, remedy: string): Problem => ({
    code: "BATON-RUN-NO-APPROVAL",
    message,
    remedy,
    details: { run: state.run, step: id },
  });
  const step = index.steps.get(id);
  if (step === undefined || mannerOf(step) !== "approval")
    return refuse(`${id} is not an approval gate of this plan.`, "Name the gate that `baton explain` shows.");
  const present = stepState(state, id);
  if (present.approvedBy !== null)
    return refuse(`${id} is already approved by ${present.approvedBy.name}.`, "Nothing is left to approve.");
  if (state.status !== "running" || present.status !== "running")
    return refuse(
      `The run is not waiting at ${id}.`,
      "Approve it when the run has reached it; see `baton explain`.",
    );
  return null;
}
