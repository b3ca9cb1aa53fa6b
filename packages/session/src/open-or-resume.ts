import { findRuns, type LoadedRun, openRun } from "@baton/conductor";
import { type Actor, failed, ok, type Plan, type Problem, type Result } from "@baton/core";
import { currentRun } from "./current-run.ts";
import type { Session } from "./session.ts";

/** The run of this release that was begun and has not ended, to go on with; null where a new one is to be opened. */
export async function interruptedRun(session: Session, release: string): Promise<Result<LoadedRun | null>> {
  const current = await currentRun(session);
  if (!current.ok) return current;
  const run = current.value;
  return ok(run !== null && run.state.ended === null && run.plan.release === release ? run : null);
}

/** Opens a run of this plan, approved, in one commit. The plan on the screen is the plan that is approved: by its hash. */
export const openApproved = (session: Session, plan: Plan, by: Actor): Promise<Result<string>> =>
  openRun({ journal: session.journal, plan, by, approvedBy: by });

const nothingHalfway: Problem = {
  code: "BATON-RUN-SUPERSEDE",
  message: "No run here stopped half-way, so there is nothing to supersede.",
  remedy: "See `npx baton status`, and run the release without --supersede.",
};

/** The run that has ended and still holds locks, which a superseding one takes the place of: `BATON-RUN-SUPERSEDE`. */
export async function halfwayRun(session: Session): Promise<Result<string>> {
  const runs = await findRuns(session.journal, session.definition.platform.environment);
  if (!runs.ok) return runs;
  const halfway = runs.value.findLast((run) => run.ended !== null && run.holds.length > 0);
  return halfway ? ok(halfway.run) : failed(nothingHalfway);
}
