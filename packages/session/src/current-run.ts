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

const unknownRun = (named: string, environment: string, known: readonly string[]): Problem => ({
  code: "BATON-RUN-UNKNOWN",
  message: `There is no run ${named} in ${environment}${known.length === 0 ? "" : `; the last ones are ${known.join(", ")}`}.`,
  remedy: "See all runs with `npx baton history`.",
});

/** How many runs a message names. */
const NAMED = 3;

async function namedRun(session: Session, named: string): Promise<Result<LoadedRun>> {
  const { environment } = session.definition.platform;
  const runs = await findRuns(session.journal, environment);
  if (!runs.ok) return runs;
  const names = runs.value.map(({ run }) => run);
  return names.includes(named)
    ? loadRun(session.journal, named)
    : failed(unknownRun(named, environment, names.slice(-NAMED)));
}

/**
 * The same, where a command can do nothing without one: `BATON-RUN-NONE`. With a name, that run of this environment:
 * `BATON-RUN-UNKNOWN` where it has none of that name.
 */
export async function requireRun(session: Session, named: string | null = null): Promise<Result<LoadedRun>> {
  if (named !== null) return namedRun(session, named);
  const run = await currentRun(session);
  if (!run.ok) return run;
  return run.value ? ok(run.value) : failed(noRun);
}
