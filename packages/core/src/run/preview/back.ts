import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { rollbackSeconds } from "../progress.ts";
import { rollbackRefusal } from "../refusal.ts";
import { tenantRollbackRefusal } from "../tenant-refusals.ts";
import { counted, durationInWords } from "../words.ts";
import { nothing, type Preview, type PreviewedStep, toldStep } from "./outlook.ts";

export function previewRollback(index: PlanIndex, state: RunState): Preview {
  const refusal = rollbackRefusal(index, state);
  if (refusal !== null) return nothing(refusal);
  const seconds = rollbackSeconds(index, state);
  const steps = [...index.order].reverse().flatMap((id) => undone(index, state, id));
  const effects = steps.reduce((sum, { tenants }) => sum + tenants, 0);
  return {
    refusal: null,
    does: [
      `Takes the run back to ${index.plan.from}: ${effects === 0 ? "nothing was touched" : `${counted(effects, "effect")} in ${counted(steps.length, "step")} are undone in reverse`}, about ${durationInWords(seconds)}.`,
      "Every acknowledged write stays readable. It lifts a pause and a stop.",
    ],
    steps,
    seconds,
  };
}

function undone(index: PlanIndex, state: RunState, id: string): readonly PreviewedStep[] {
  const step = index.steps.get(id);
  const present = stepState(state, id);
  const tenants = present.touched - present.undone;
  if (step === undefined || step.undo === "inert" || tenants <= 0) return [];
  const seconds = step.undoSeconds * (tenants / step.units.length);
  return [toldStep(index, id, { what: "is-undone", tenants, seconds })];
}

export function previewTenantBack(index: PlanIndex, state: RunState, tenant: string): Preview {
  const refusal = tenantRollbackRefusal(index, state, tenant);
  if (refusal !== null) return nothing(refusal);
  const steps = [...index.order].reverse().flatMap((id) => {
    const step = index.steps.get(id);
    const unit = unitState(stepState(state, id), tenant);
    if (step === undefined || !step.units.includes(tenant) || !unit.touched || step.undo === "inert")
      return [];
    const seconds = step.undoSeconds / step.units.length;
    return [toldStep(index, id, { what: "is-undone" as const, tenants: 1, seconds })];
  });
  return {
    refusal: null,
    does: [
      `Takes ${tenant} back to ${index.plan.from}; the others stay or go on.`,
      `${tenant} is parked until a retry names it, and keeps back what needs every tenant.`,
    ],
    steps,
    seconds: steps.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
  };
}
