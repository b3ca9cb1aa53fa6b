import { loadRun } from "@baton/conductor";
import { isIntact, ok, type Result, summarize } from "@baton/core";
import { backupsNow, type Session, verifySession, type Workload } from "@baton/session";
import { buildReport } from "../report/build-report.ts";
import type { Report } from "../report/report.ts";

/** What the report of a run needs beside its journal. */
export interface Collect {
  readonly session: Session;
  readonly run: string;
  readonly workload: Workload | null;
  /** Seconds of a rollback of the same release that was done here before; null where none was. */
  readonly measuredRollback: number | null;
}

const why = (result: Result<unknown> | null): string =>
  result === null || result.ok ? "no workload runs" : (result.problems[0]?.message ?? "unknown");

/**
 * Gathers the facts: has every acknowledged write read back through the front door, the journal's chains checked, and folds
 * the run anew from the journal. What cannot be found out is unknown in the report, with its reason.
 */
export async function collectReport({
  session,
  run,
  workload,
  measuredRollback,
}: Collect): Promise<Result<Report>> {
  const verdict = workload ? await workload.verify() : null;
  const traffic = workload ? await workload.stats() : null;
  const chains = await verifySession(session, []);
  const backups = await backupsNow(session);
  const [loaded, now] = [await loadRun(session.journal, run), await session.journal.now()];
  if (!loaded.ok) return loaded;
  if (!now.ok) return now;
  const { index, state } = loaded.value;
  return ok(
    buildReport({
      index,
      state,
      summary: summarize(index, state, now.value),
      now: now.value,
      traffic: traffic?.ok ? traffic.value : null,
      trafficReason: why(traffic),
      verdict: verdict?.ok ? verdict.value : null,
      verdictReason: why(verdict),
      measuredRollback,
      backups,
      backupsReason: "the tenants cannot be listed",
      journal: chains.ok ? { events: chains.value.events, intact: isIntact(chains.value) } : null,
      journalReason: chains.ok ? (chains.value.unknown[0]?.message ?? "no events yet") : why(chains),
    }),
  );
}

/**
 * Whether the report says that all went well: the release arrived for every tenant, users were at work and none of their requests failed, every
 * write was read back, and all that a migration changes is changed and verified. No requests and no writes prove nothing.
 */
export function wentWell(report: Report, migrates: boolean): boolean {
  const subjects = Object.values(report.subjects);
  const complete = subjects.every(
    (s) => s.total !== null && s.encrypted === s.total && s.verified === s.total,
  );
  const changed = subjects.length > 0 || !migrates;
  const used = (report.requests.total ?? 0) > 0 && (report.writes.acknowledged ?? 0) > 0;
  const unharmed = report.requests.failed === 0 && report.writes.lost === 0 && report.journal.intact === true;
  const arrived =
    (report.outcome === "holding" || report.outcome === "succeeded") && report.parked.length === 0;
  return arrived && changed && complete && used && unharmed;
}
