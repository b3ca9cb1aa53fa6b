import type { StepStatus } from "../model/run-state.ts";
import type { PhaseStatus } from "../run/summary-phases.ts";
import type { TenantStanding } from "../run/summary-tenants.ts";

/** What a symbol says; the same on every surface. */
export type Mark = "done" | "running" | "to-come" | "waits" | "failed" | "undoing" | "unknown" | "parked";

const SYMBOLS: Readonly<Record<Mark, string>> = {
  done: "✓",
  running: "▶",
  "to-come": "·",
  waits: "⏸",
  failed: "✗",
  undoing: "↩",
  unknown: "◌",
  parked: "P",
};

/** The symbol of a state, one column wide. */
export const symbolOf = (mark: Mark): string => SYMBOLS[mark];

/** The symbol a run's outcome is shown with; one that is not known is not taken for a good one. */
export function markOfOutcome(outcome: string | null): Mark {
  if (outcome === "succeeded") return "done";
  if (outcome === "succeeded-with-parked") return "parked";
  if (outcome === "rolled-back") return "undoing";
  if (outcome === "stopped" || outcome === "needs-operator") return "failed";
  return "unknown";
}

/** The symbol of each status of a phase. */
export const PHASE_MARKS: Readonly<Record<PhaseStatus, Mark>> = {
  pending: "to-come",
  running: "running",
  waiting: "waits",
  succeeded: "done",
  failed: "failed",
  undoing: "undoing",
  undone: "undoing",
};

/** The symbol of each status of a step. */
export const STEP_MARKS: Readonly<Record<StepStatus, Mark>> = {
  pending: "to-come",
  running: "running",
  succeeded: "done",
  failed: "failed",
  undoing: "undoing",
  undone: "undoing",
};

/** The symbol of each standing of a tenant. */
export const TENANT_MARKS: Readonly<Record<TenantStanding, Mark>> = {
  pending: "to-come",
  running: "running",
  done: "done",
  parked: "parked",
  undoing: "undoing",
  undone: "undoing",
};
