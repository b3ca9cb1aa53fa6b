import { findRuns, type LoadedRun, loadRun } from "@baton/conductor";
import { ok, type Result } from "@baton/core";
import type { Session } from "@baton/session";

/** Seconds from the request to the old release in service, where this run was taken back from its hold; else null. */
function rollbackFromHold({ index, state }: LoadedRun): number | null {
  const { rollback, ended } = state;
  const cameToHold = [...index.holdSteps].some((id) => (state.steps.get(id)?.startedAt ?? null) !== null);
  return cameToHold && rollback !== null && ended?.outcome === "rolled-back"
    ? (ended.at - rollback.at) / 1000
    : null;
}

/** The last rollback from the hold that was really done here, by this release; null where none was. */
export async function pastRollback(session: Session, release: string): Promise<Result<number | null>> {
  const runs = await findRuns(session.journal, session.definition.platform.environment);
  if (!runs.ok) return runs;
  let measured: number | null = null;
  for (const run of runs.value.filter((r) => r.release === release && r.ended !== null)) {
    const loaded = await loadRun(session.journal, run.run);
    if (!loaded.ok) return loaded;
    measured = rollbackFromHold(loaded.value) ?? measured;
  }
  return ok(measured);
}
