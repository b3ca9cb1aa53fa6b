import type { PlanStep } from "../model/plan.ts";

/** How a step comes to its end: effects are performed, a timer runs out, or a person approves. */
export type Manner = "performed" | "timer" | "approval";

/** The manner of a step, by its kind. */
export function mannerOf(step: PlanStep): Manner {
  if (step.kind === "gate.bake") return "timer";
  if (step.kind === "gate.approval") return "approval";
  return "performed";
}

/** Seconds a timer runs from its start; null where its input does not say, which no valid plan does. */
export function timerSeconds(step: PlanStep): number | null {
  const seconds = step.input.seconds;
  return typeof seconds === "number" && seconds >= 0 ? seconds : null;
}

/** Whether a step must not start while any tenant is parked: it takes away what a parked tenant still needs. */
export const needsAllTenants = (step: PlanStep): boolean =>
  step.kind === "service.retire" || step.undo === "none" || takesOldShape(step);

/** Whether a step takes an old shape away: slow to take back where its migration knows how, and impossible where not. */
export const takesOldShape = (step: PlanStep): boolean =>
  step.kind === "tenants.migrate" && step.input.stage === "contract";

/** Kinds that look, wait or tell. What they do changes neither data nor traffic, so a run can do without. */
const WITHOUT_EFFECT = ["check.", "gate.", "manual.", "notify.", "notes.", "tracker."];

/** Whether a step only looks, waits or tells. One that leaves something harmless behind, as a backfill, is none of these. */
export const changesNothing = (step: PlanStep): boolean =>
  step.undo === "inert" && WITHOUT_EFFECT.some((prefix) => step.kind.startsWith(prefix));
