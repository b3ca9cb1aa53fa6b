import { type LoadedRun, openRun } from "@baton/conductor";
import { type Actor, ok, type Plan, type Result } from "@baton/core";
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
