import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import type { Problem } from "../../problem.ts";
import { stepState } from "../accessors.ts";
import { effectsUnderWay } from "../decide/stop.ts";

/** What a person could say to a run, and about what. */
export type Proposal =
  | { readonly action: "approve" | "pause" | "resume" | "abort" | "emergency-stop" | "rollback" | "drive" }
  | { readonly action: "approve-gate"; readonly step: string }
  | { readonly action: "rollback-tenant"; readonly tenant: string }
  | { readonly action: "retry"; readonly step: string | null; readonly tenant: string | null }
  | { readonly action: "skip" | "done"; readonly step: string; readonly tenant: string | null }
  | { readonly action: "scope"; readonly ring: string | null; readonly tenant: string | null };

/** What becomes of a step. */
export type StepOutlook =
  | "begins"
  | "comes-to-its-outcome"
  | "is-aborted"
  | "is-undone"
  | "is-tried-again"
  | "counts-as-done"
  | "waits";

export interface PreviewedStep {
  readonly step: string;
  readonly title: string;
  readonly what: StepOutlook;
  /** Units it is about. */
  readonly tenants: number;
  /** By the plan's estimates; null where nobody can say. */
  readonly seconds: number | null;
}

/** What an action would do now. */
export interface Preview {
  /** Why it would not count now; null: it would. The same that a request would be refused with. */
  readonly refusal: Problem | null;
  /** A sentence each. */
  readonly does: readonly string[];
  readonly steps: readonly PreviewedStep[];
  /** How long all of it takes; null where nobody can say, or nothing is to be waited for. */
  readonly seconds: number | null;
}

export const nothing = (refusal: Problem): Preview => ({ refusal, does: [], steps: [], seconds: null });

export const toldStep = (
  index: PlanIndex,
  id: string,
  rest: Omit<PreviewedStep, "step" | "title">,
): PreviewedStep => ({
  step: id,
  title: index.steps.get(id)?.title ?? id,
  ...rest,
});

/** Steps that wait for nothing any more and have not begun. */
export function nextSteps(index: PlanIndex, state: RunState): readonly PreviewedStep[] {
  const ids = state.status === "opened" ? index.roots : [...state.active];
  return ids
    .filter((id) => stepState(state, id).status === "pending")
    .map((id) => {
      const step = index.steps.get(id);
      return toldStep(index, id, {
        what: "begins",
        tenants: step?.units.length ?? 0,
        seconds: step?.seconds ?? null,
      });
    });
}

/** Steps with effects whose outcome is still to come, with what becomes of them. */
export function underWay(index: PlanIndex, state: RunState, what: StepOutlook): readonly PreviewedStep[] {
  const counts = new Map<string, number>();
  for (const { step } of effectsUnderWay(state)) counts.set(step, (counts.get(step) ?? 0) + 1);
  return [...counts].map(([id, tenants]) =>
    toldStep(index, id, { what, tenants, seconds: what === "is-aborted" ? 0 : null }),
  );
}
