import { findRuns, type LoadedRun, loadRun } from "@baton/conductor";
import { failed, ok, type Problem, type Result } from "@baton/core";
import type { Session } from "./session.ts";

const noRun: Problem = {
  code: "BATON-RUN-NONE",
  message: "There is no run yet.",
  remedy: "Look at the plan with `npx baton plan R2`, then start it with `npx baton run R2`.",
};

/** The run of this environment that has not ended, else the last one; null where there never was one. */
export async function currentRun(session: Session): Promise<Result<LoadedRun | null>> {
  const runs = await findRuns(session.journal, session.definition.platform.environment);
  if (!runs.ok) return runs;
  const chosen = runs.value.find((run) => run.ended === null) ?? runs.value.at(-1);
  return chosen ? loadRun(session.journal, chosen.run) : ok(null);
}

/** The same, where a command can do nothing without one: `BATON-RUN-NONE`. */
export async function requireRun(session: Session): Promise<Result<LoadedRun>> {
  const run = await currentRun(session);
  if (!run.ok) return run;
  return run.value ? ok(run.value) : failed(noRun);
}
