import {
  apply,
  failed,
  fromSnapshot,
  indexPlan,
  initialState,
  type Journal,
  type Json,
  ok,
  type Plan,
  type PlanIndex,
  type Result,
  type RunState,
  SNAPSHOT_VERSION,
} from "@baton/core";
import { fromStored } from "./event-codec.ts";
import { loadPlan } from "./plan-document.ts";
import { streams } from "./streams.ts";

/** How many events are read at a time; a long run never sits in memory as events. */
const PAGE = 1_000;

/** A run as its journal tells it. */
export interface LoadedRun {
  readonly run: string;
  readonly plan: Plan;
  readonly index: PlanIndex;
  readonly state: RunState;
  /** Position of the last event that is in `state`. */
  readonly position: number;
  /** Last sequence of each of the run's streams. */
  readonly seqs: ReadonlyMap<string, number>;
}

/** What a snapshot of a run holds beside its position. */
export interface RunSnapshot {
  readonly state: Json;
  readonly seqs: Readonly<Record<string, number>>;
}

interface Start {
  readonly planHash: string;
  readonly state: RunState | null;
  readonly position: number;
  readonly seqs: ReadonlyMap<string, number>;
}

const absent = (run: string) => ({
  code: "BATON-RUN-UNKNOWN" as const,
  message: `There is no run ${run}.`,
  remedy: "See which runs there are with `baton history`.",
});

/**
 * Folds a run from its snapshot and the events after it. Verifies the plan's hash. Problems: `BATON-RUN-UNKNOWN`,
 * `BATON-RUN-PLAN-MISSING`, `BATON-RUN-PLAN-CHANGED`, `BATON-RUN-PLAN-NEWER`, `BATON-RUN-NEWER` and the journal's.
 */
export async function loadRun(journal: Journal, run: string): Promise<Result<LoadedRun>> {
  const start = await findStart(journal, run);
  if (!start.ok) return start;
  const plan = await loadPlan(journal, start.value.planHash);
  if (!plan.ok) return plan;
  const index = indexPlan(plan.value);
  let state = start.value.state ?? initialState(index, run);
  let position = start.value.position;
  const seqs = new Map(start.value.seqs);
  for (;;) {
    const page = await journal.read(streams.run(run), position, PAGE);
    if (!page.ok) return page;
    for (const stored of page.value) {
      const recorded = fromStored(stored);
      if (!recorded.ok) return recorded;
      state = apply(index, state, recorded.value);
      position = stored.position;
      seqs.set(stored.stream, stored.seq);
    }
    if (page.value.length === 0) return ok({ run, plan: plan.value, index, state, position, seqs });
  }
}

async function findStart(journal: Journal, run: string): Promise<Result<Start>> {
  const snapshot = await journal.loadSnapshot(streams.run(run));
  if (!snapshot.ok) return snapshot;
  if (snapshot.value?.version === SNAPSHOT_VERSION) {
    const kept = snapshot.value.state as unknown as RunSnapshot;
    const state = fromSnapshot(kept.state);
    // A snapshot that cannot be read is passed over: the events say the same.
    if (state.ok)
      return ok({
        planHash: state.value.planHash,
        state: state.value,
        position: snapshot.value.position,
        seqs: new Map(Object.entries(kept.seqs)),
      });
  }
  const first = await journal.read(streams.run(run), 0, 1);
  if (!first.ok) return first;
  const stored = first.value[0];
  if (stored === undefined) return failed(absent(run));
  const opened = fromStored(stored);
  if (!opened.ok) return opened;
  if (opened.value.event.type !== "run.opened") return failed(absent(run));
  return ok({ planHash: opened.value.event.planHash, state: null, position: 0, seqs: new Map() });
}
