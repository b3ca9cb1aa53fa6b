import { findRuns, loadRun, type RunSummary } from "@baton/conductor";
import {
  type Actor,
  failed,
  type Journal,
  ok,
  type ParkedTenant,
  type Problem,
  parkedTenants,
  type Result,
} from "@baton/core";
import { z } from "zod";

/** Under this name a run's report keeps its figures beside the run's progress. */
export const REPORT_KEY = "report";

const Count = z.number().nullable();
/** What history tells of a report. */
const Figures = z.object({
  requests: z.object({ total: Count, failed: Count }),
  writes: z.object({ acknowledged: Count, lost: Count }),
});

/** One run of an environment, from its opening to its end. Times are milliseconds since 1970, durations seconds. */
export interface HistoryItem {
  readonly run: string;
  readonly release: string;
  readonly from: string;
  readonly openedAt: number;
  readonly openedBy: Actor;
  /** How it ended; null while it goes on. */
  readonly outcome: string | null;
  readonly endedAt: number | null;
  /** What the run's own events say beyond that; null where they cannot be read, and `problem` says why. */
  readonly told: HistoryDetails | null;
  readonly problem: Problem | null;
}

/** What only the run's own events tell. */
export interface HistoryDetails {
  readonly status: string;
  readonly reason: string | null;
  readonly waitsFor: string | null;
  readonly approvedBy: Actor | null;
  readonly startedAt: number | null;
  readonly seconds: number | null;
  readonly steps: { readonly total: number; readonly ended: number };
  readonly rollback: {
    readonly reason: string;
    readonly by: Actor | null;
    readonly at: number;
    readonly seconds: number | null;
  } | null;
  readonly parked: readonly ParkedTenant[];
  /** From the run's report; null where none was made. */
  readonly figures: z.infer<typeof Figures> | null;
}

/** Runs, the newest first. `nextCursor` leads on to older ones; null at the oldest. */
export interface HistoryPage {
  readonly items: readonly HistoryItem[];
  readonly nextCursor: string | null;
}

/**
 * A page of an environment's runs, the newest first, older than `cursor` where one is given. A run that cannot be read is
 * listed with its problem. Problems: `BATON-HISTORY-CURSOR` and the journal's.
 */
export async function historyPage(
  journal: Journal,
  environment: string,
  { limit, cursor }: { readonly limit: number; readonly cursor: string | null },
): Promise<Result<HistoryPage>> {
  const runs = await findRuns(journal, environment);
  if (!runs.ok) return runs;
  const newestFirst = [...runs.value].reverse();
  const at = cursor === null ? -1 : newestFirst.findIndex(({ run }) => run === cursor);
  if (cursor !== null && at < 0) return failed(unknownCursor(cursor, environment));
  const page = newestFirst.slice(at + 1, at + 1 + limit);
  const now = await journal.now();
  if (!now.ok) return now;
  const items: HistoryItem[] = [];
  for (const run of page) items.push(await historyItem(journal, run, now.value));
  const more = at + 1 + limit < newestFirst.length;
  return ok({ items, nextCursor: more ? (page.at(-1)?.run ?? null) : null });
}

/** What history tells of one run of an environment's list, as it stands now. A run that cannot be read is told with its problem. */
export async function historyItem(journal: Journal, listed: RunSummary, now: number): Promise<HistoryItem> {
  const { run, release, from, openedAt, by: openedBy, ended } = listed;
  const head = {
    run,
    release,
    from,
    openedAt,
    openedBy,
    outcome: ended?.outcome ?? null,
    endedAt: ended?.at ?? null,
  };
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return { ...head, told: null, problem: loaded.problems[0] ?? null };
  const { state, index } = loaded.value;
  const { startedAt, rollback } = state;
  const until = state.ended?.at ?? now;
  const progress = await journal.loadProgress(run);
  const figures = Figures.safeParse(progress.ok ? progress.value[REPORT_KEY] : null);
  const told: HistoryDetails = {
    status: state.status,
    reason: state.ended?.reason ?? null,
    waitsFor: state.waiting?.reason ?? null,
    approvedBy: state.approvedBy,
    startedAt,
    seconds: startedAt === null ? null : (until - startedAt) / 1000,
    steps: { total: index.steps.size, ended: index.steps.size - state.remaining },
    rollback:
      rollback === null
        ? null
        : { ...rollback, seconds: state.ended === null ? null : (until - rollback.at) / 1000 },
    parked: parkedTenants(state),
    figures: figures.success ? figures.data : null,
  };
  return { ...head, told, problem: null };
}

const unknownCursor = (cursor: string, environment: string): Problem => ({
  code: "BATON-HISTORY-CURSOR",
  message: `The environment ${environment} has no run ${cursor} to go on behind.`,
  remedy: "Give the `nextCursor` of the page before, or leave --cursor out to begin with the newest run.",
});
