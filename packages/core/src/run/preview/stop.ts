import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { pauseRefusal, stopRefusal } from "../control-refusals.ts";
import { counted } from "../words.ts";
import { nothing, type Preview, type PreviewedStep, underWay } from "./outlook.ts";

export function previewPause(index: PlanIndex, state: RunState): Preview {
  const refusal = pauseRefusal(state);
  if (refusal !== null) return nothing(refusal);
  const steps = underWay(index, state, "comes-to-its-outcome");
  return {
    refusal: null,
    does: [
      "Nothing more begins, forward or back.",
      outcomes(steps),
      "Times that run at a hold go on counting.",
    ],
    steps,
    seconds: null,
  };
}

function outcomes(steps: readonly PreviewedStep[]): string {
  const effects = steps.reduce((sum, { tenants }) => sum + tenants, 0);
  if (effects === 0) return "Nothing is under way.";
  return `${counted(effects, "effect")} under way ${effects === 1 ? "comes to its" : "come to their"} outcome.`;
}

export function previewStop(index: PlanIndex, state: RunState, emergency: boolean): Preview {
  const refusal = stopRefusal(state, emergency);
  if (refusal !== null) return nothing(refusal);
  const steps = underWay(index, state, emergency ? "is-aborted" : "comes-to-its-outcome");
  const effects = steps.reduce((sum, { tenants }) => sum + tenants, 0);
  return {
    refusal: null,
    does: [
      "The run stops where it is: nothing more begins, and what would be tried again is not.",
      !emergency
        ? outcomes(steps)
        : effects === 0
          ? "Nothing is under way."
          : `${counted(effects, "effect")} under way ${effects === 1 ? "is" : "are"} aborted at once.`,
      "The platform is left between two releases; a retry goes on from there, a rollback takes it back.",
    ],
    steps,
    seconds: emergency ? 0 : null,
  };
}
