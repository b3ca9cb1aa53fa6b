import { type Mark, markOfOutcome, type RunSummary, renderDuration } from "@baton/core";

/** How a run is, as a symbol. */
export function markOfRun(
  run: Pick<RunSummary, "status" | "outcome" | "paused" | "stop" | "phases" | "approvedBy">,
): Mark {
  if (run.status === "ended") return markOfOutcome(run.outcome);
  if (run.stop !== null) return "failed";
  if (run.paused !== null || run.status === "opened") return "waits";
  if (run.status === "rolling-back") return "undoing";
  return run.phases.some((phase) => phase.status === "waiting") ? "waits" : "running";
}

const OUTCOMES: Readonly<Record<string, string>> = {
  succeeded: "succeeded",
  "succeeded-with-parked": "succeeded, with tenants parked",
  "rolled-back": "rolled back",
  stopped: "stopped half-way",
  "needs-operator": "needs an operator",
};

/** An outcome in words. */
export const outcomeWords = (outcome: string | null): string =>
  outcome === null ? "ended, outcome unknown" : (OUTCOMES[outcome] ?? outcome);

/** How a run is, in few words. */
export function wordsOfRun(run: RunSummary): string {
  if (run.status === "ended") return outcomeWords(run.outcome);
  if (run.stop !== null) return "stopping";
  if (run.paused !== null) return `paused by ${run.paused.by.name}`;
  if (run.status === "opened") return run.approvedBy === null ? "waits for approval" : "about to begin";
  if (run.status === "rolling-back") return "rolling back";
  return run.phases.some((phase) => phase.status === "waiting") ? "waits" : "running";
}

/** What a rollback begun now costs, as a button says it: `about 41 s, loses nothing`. */
export function rollbackWords(run: Pick<RunSummary, "rollbackSeconds" | "rollbackRefusal">): string {
  if (run.rollbackRefusal !== null) return "not possible now";
  if (run.rollbackSeconds === null) return "unknown how long";
  return `about ${renderDuration(Math.max(1, Math.round(run.rollbackSeconds)))}, loses nothing`;
}

/** How far a run is, as the share of its steps that have ended. */
export const stepsWords = (run: Pick<RunSummary, "steps">): string =>
  `${run.steps.ended} of ${run.steps.total} steps`;
