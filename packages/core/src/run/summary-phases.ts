import type { PlanPhase } from "../model/plan.ts";
import type { RunState, StepState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { stepState } from "./accessors.ts";

/** How far a phase is. `waiting`: a hold whose gate is open, or a step that waits for parked tenants. */
export type PhaseStatus = "pending" | "running" | "waiting" | "succeeded" | "failed" | "undoing" | "undone";

export interface PhaseSummary {
  readonly phase: string;
  readonly title: string;
  readonly ring: string | null;
  readonly hold: boolean;
  readonly status: PhaseStatus;
  readonly steps: {
    readonly total: number;
    readonly ended: number;
    readonly running: number;
    readonly failed: number;
    readonly undone: number;
  };
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** From its first step's start to its last step's end, or to now. */
  readonly seconds: number;
}

/** Counts and times of one phase. */
export function summarizePhase(
  index: PlanIndex,
  state: RunState,
  phase: PlanPhase,
  now: number,
): PhaseSummary {
  const steps = phase.steps.filter((id) => index.steps.has(id)).map((id) => stepState(state, id));
  const count = (status: StepState["status"]) => steps.filter((step) => step.status === status).length;
  const begun = steps.flatMap((step) => step.startedAt ?? []);
  const over = steps.length > 0 && steps.every((step) => step.endedAt !== null);
  const startedAt = begun.length === 0 ? null : Math.min(...begun);
  const endedAt = over ? Math.max(...steps.map((step) => step.endedAt ?? 0)) : null;
  const until = endedAt ?? state.ended?.at ?? now;
  return {
    phase: phase.id,
    title: phase.title,
    ring: phase.ring,
    hold: phase.hold,
    status: statusOf(state, phase, steps),
    steps: {
      total: steps.length,
      ended: count("succeeded"),
      running: count("running"),
      failed: count("failed"),
      undone: count("undone"),
    },
    startedAt,
    endedAt,
    seconds: startedAt === null ? 0 : Math.max(0, until - startedAt) / 1000,
  };
}

function statusOf(state: RunState, phase: PlanPhase, steps: readonly StepState[]): PhaseStatus {
  const any = (status: StepState["status"]) => steps.some((step) => step.status === status);
  const begun = steps.filter((step) => step.status !== "pending");
  if (any("undoing")) return "undoing";
  if (any("undone")) return begun.every((step) => step.status === "undone") ? "undone" : "undoing";
  if (any("failed")) return "failed";
  if (state.waiting !== null && phase.steps.includes(state.waiting.step)) return "waiting";
  if (begun.length === 0) return "pending";
  return steps.every((step) => step.status === "succeeded") ? "succeeded" : "running";
}
