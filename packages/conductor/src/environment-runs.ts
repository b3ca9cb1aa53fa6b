import {
  Actor,
  conflictsOf,
  EVERYTHING,
  failed,
  type Journal,
  Lock,
  type NewEvent,
  ok,
  type Result,
  type StoredEvent,
} from "@baton/core";
import { z } from "zod";
import { streams } from "./streams.ts";

const Opened = z.object({
  run: z.string(),
  release: z.string(),
  from: z.string(),
  planHash: z.string(),
  by: Actor,
  /** What the run keeps others from. A run from before there were locks has none written down. */
  locks: z.array(Lock).exactOptional(),
  /** The run that stopped half-way and whose place this one takes. */
  supersedes: z.string().exactOptional(),
});
const Reopened = z.object({ run: z.string() });
const Ended = z.object({
  run: z.string(),
  outcome: z.string(),
  /** Tenants that were left at their old shape. */
  parked: z.array(z.string()).exactOptional(),
});

/** A run as the list of its environment tells it. */
export interface RunSummary extends Omit<z.infer<typeof Opened>, "locks" | "supersedes"> {
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  readonly ended: { readonly outcome: string; readonly at: number } | null;
  /** The locks it was opened with. */
  readonly locks: readonly Lock[];
  /** The locks it holds now: all while it is open or half-way, those of parked tenants, else none. */
  readonly holds: readonly Lock[];
  readonly supersedes: string | null;
  /** The run that took its place; then it can be taken up again no more. */
  readonly supersededBy: string | null;
}

/** The fact that a run was opened, for its environment's stream. The same event moves over the locks of whom it supersedes. */
export const environmentRunOpened = (data: z.infer<typeof Opened>): NewEvent => ({
  type: "environment.run-opened",
  version: 1,
  data,
});

/** The fact that a run ended, appended together with the run's own last event. */
export const environmentRunEnded = (
  run: string,
  outcome: string,
  parked: readonly string[] = [],
): NewEvent => ({
  type: "environment.run-ended",
  version: 1,
  data: { run, outcome, ...(parked.length === 0 ? {} : { parked: [...parked] }) },
});

/** The fact that a run which had ended is open again: somebody wants it taken back, or goes on with it. */
export const environmentRunReopened = (run: string): NewEvent => ({
  type: "environment.run-reopened",
  version: 1,
  data: { run },
});

/** Outcomes that leave an environment between two releases. */
const HALFWAY: ReadonlySet<string> = new Set(["needs-operator", "stopped"]);

/** Whether a run ended between two releases. One that superseded another went back to where that one had stopped. */
export const isHalfway = ({ ended, supersedes }: RunSummary): boolean =>
  ended !== null && (HALFWAY.has(ended.outcome) || (ended.outcome === "rolled-back" && supersedes !== null));

/** What a run keeps when it has ended. */
function keptLocks(run: RunSummary, parked: readonly string[]): readonly Lock[] {
  if (isHalfway(run)) return run.locks;
  // Taken back, a tenant that had been parked is where it was, like all others.
  if (run.ended?.outcome === "rolled-back") return [];
  const left = new Set(parked.map((tenant) => `tenant:${tenant}`));
  return run.locks.filter(({ subject }) => left.has(subject));
}

/** An environment's runs in the order they were opened, and where their stream ends. */
export async function readEnvironment(
  journal: Journal,
  environment: string,
): Promise<Result<{ readonly runs: readonly RunSummary[]; readonly seq: number }>> {
  const runs = new Map<string, RunSummary>();
  let seq = 0;
  for (let position = 0; ; ) {
    const page = await journal.read(streams.environment(environment), position, 1_000);
    if (!page.ok) return page;
    for (const stored of page.value) {
      const understood = take(runs, stored);
      if (!understood.ok) return understood;
      position = stored.position;
      seq = stored.seq;
    }
    if (page.value.length === 0) return ok({ runs: [...runs.values()], seq });
  }
}

/** Adds a run. Whoever held one of its locks and has ended gives them all up to it, in this one event. */
function open(runs: Map<string, RunSummary>, opened: z.infer<typeof Opened>, at: number): void {
  const {
    locks: own = [{ subject: EVERYTHING, mode: "change" as const }],
    supersedes = null,
    ...data
  } = opened;
  const inherited = (supersedes === null ? undefined : runs.get(supersedes)?.holds) ?? [];
  const mine = new Set(own.map(({ subject }) => subject));
  const locks = [...own, ...inherited.filter(({ subject }) => !mine.has(subject))];
  for (const run of runs.values())
    if (run.run === supersedes || (run.ended !== null && conflictsOf(locks, run.holds).length > 0))
      runs.set(run.run, { ...run, holds: [], supersededBy: opened.run });
  runs.set(opened.run, {
    ...data,
    openedAt: at,
    ended: null,
    locks,
    holds: locks,
    supersedes,
    supersededBy: null,
  });
}

function take(runs: Map<string, RunSummary>, stored: StoredEvent): Result<void> {
  if (stored.version === 1 && stored.type === "environment.run-opened") {
    open(runs, Opened.parse(stored.data), stored.at);
    return ok(undefined);
  }
  if (stored.version === 1 && stored.type === "environment.run-ended") {
    const ended = Ended.parse(stored.data);
    const run = runs.get(ended.run);
    if (run) {
      const over = { ...run, ended: { outcome: ended.outcome, at: stored.at } };
      runs.set(run.run, { ...over, holds: keptLocks(over, ended.parked ?? []) });
    }
    return ok(undefined);
  }
  if (stored.version === 1 && stored.type === "environment.run-reopened") {
    const run = runs.get(Reopened.parse(stored.data).run);
    if (run) runs.set(run.run, { ...run, ended: null, holds: run.locks });
    return ok(undefined);
  }
  return failed({
    code: "BATON-RUN-NEWER",
    message: `${stored.stream} holds \`${stored.type}\` version ${stored.version}, which this Baton does not know.`,
    remedy: "Use the Baton that wrote it, or a newer one.",
  });
}
