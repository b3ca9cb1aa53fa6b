import { findRuns, fromStored, type LoadedRun, loadRun, type RunSummary } from "@baton/conductor";
import { apply, failed, type Journal, ok, type Problem, type Result, type StoredEvent } from "@baton/core";
import { cached } from "./cached.ts";
import type { Follower } from "./follower.ts";

/** A run's present state, and its line in the environment's list. */
export interface KnownRun {
  readonly loaded: LoadedRun;
  readonly listed: RunSummary;
}

/** Runs folded once and kept up with the journal, so that a look costs no fold. */
export interface RunStore {
  /** All runs of an environment, the oldest first. */
  list(environment: string): Promise<Result<readonly RunSummary[]>>;
  /** A run of this environment as it stands: `BATON-RUN-UNKNOWN` and what `loadRun` says. */
  get(environment: string, run: string): Promise<Result<KnownRun>>;
}

/** So many folded runs are kept; the ones that were asked for the longest ago go first. */
const KEPT = 64;

interface Entry {
  loaded: LoadedRun | null;
  /** Events that came while the run was being read. */
  readonly waiting: StoredEvent[];
  readonly ready: Promise<Result<LoadedRun>>;
}

/** The run a stream belongs to; null where it belongs to none. */
export const runOfStream = (stream: string): string | null => /^run\/([^/]+)/.exec(stream)?.[1] ?? null;

export function createRunStore(journal: Journal, follower: Follower): RunStore {
  const entries = new Map<string, Entry>();
  const lists = new Map<string, () => Promise<Result<readonly RunSummary[]>>>();
  follower.on({
    events: (batch) => {
      for (const stored of batch) {
        const environment = /^environment\/(.+)$/.exec(stored.stream)?.[1];
        if (environment !== undefined) lists.delete(environment);
        const run = runOfStream(stored.stream);
        if (run !== null) take(entries, run, stored);
      }
    },
  });
  const list = (environment: string) => {
    const known =
      lists.get(environment) ?? cached(() => findRuns(journal, environment), Number.POSITIVE_INFINITY);
    lists.set(environment, known);
    return known();
  };
  /** A run that is not in the list may have been opened a moment ago: then the journal is read up to now first. */
  async function find(environment: string, run: string, again = true): Promise<Result<RunSummary>> {
    const runs = await list(environment);
    if (!runs.ok) return runs;
    const listed = runs.value.find((one) => one.run === run);
    if (listed !== undefined) return ok(listed);
    if (!again) return failed(unknownRun(run, environment));
    const read = await follower.catchUp();
    return read.ok ? find(environment, run, false) : read;
  }
  return {
    list,
    async get(environment, run) {
      const listed = await find(environment, run);
      if (!listed.ok) return listed;
      const loaded = await folded(journal, entries, run);
      return loaded.ok ? ok({ loaded: loaded.value, listed: listed.value }) : loaded;
    },
  };
}

function folded(journal: Journal, entries: Map<string, Entry>, run: string): Promise<Result<LoadedRun>> {
  const there = entries.get(run);
  if (there !== undefined) {
    // To the end of the line: the ones that are asked for stay.
    entries.delete(run);
    entries.set(run, there);
    return there.loaded === null ? there.ready : Promise.resolve(ok(there.loaded));
  }
  const waiting: StoredEvent[] = [];
  const entry: Entry = {
    loaded: null,
    waiting,
    ready: loadRun(journal, run).then((loaded) => {
      if (!loaded.ok) {
        entries.delete(run);
        return loaded;
      }
      entry.loaded = loaded.value;
      for (const stored of waiting.splice(0)) take(entries, run, stored);
      return ok(entry.loaded);
    }),
  };
  entries.set(run, entry);
  for (const oldest of entries.keys()) {
    if (entries.size <= KEPT) break;
    entries.delete(oldest);
  }
  return entry.ready;
}

/** Folds one more event into a run that is kept. What cannot be understood lets the run go: the next look says why. */
function take(entries: Map<string, Entry>, run: string, stored: StoredEvent): void {
  const entry = entries.get(run);
  if (entry === undefined) return;
  const { loaded } = entry;
  if (loaded === null) {
    entry.waiting.push(stored);
    return;
  }
  if (stored.position <= loaded.position) return;
  const recorded = fromStored(stored);
  if (!recorded.ok) {
    entries.delete(run);
    return;
  }
  entry.loaded = {
    ...loaded,
    state: apply(loaded.index, loaded.state, recorded.value),
    position: stored.position,
    seqs: new Map(loaded.seqs).set(stored.stream, stored.seq),
  };
}

const unknownRun = (run: string, environment: string): Problem => ({
  code: "BATON-RUN-UNKNOWN",
  message: `There is no run ${run} in ${environment}.`,
  remedy: `See all runs at /v1/environments/${environment}/runs, or with \`npx baton history\`.`,
  details: { run, environment },
});
