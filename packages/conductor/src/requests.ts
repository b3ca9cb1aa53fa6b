import {
  type Actor,
  approvalRefusal,
  failed,
  type Journal,
  type NewEvent,
  ok,
  type Problem,
  type Result,
  rollbackRefusal,
} from "@baton/core";
import { environmentRunReopened, readEnvironment } from "./environment-runs.ts";
import { toNewEvent } from "./event-codec.ts";
import { type LoadedRun, loadRun } from "./load-run.ts";
import { streams } from "./streams.ts";

interface Request {
  readonly journal: Journal;
  readonly run: string;
  readonly by: Actor;
}

const ended = (loaded: LoadedRun): Problem => ({
  code: "BATON-RUN-ENDED",
  message: `The run ${loaded.run} has ended: ${loaded.state.ended?.reason ?? "it is over"}`,
  remedy: "Open a new run with `baton run`.",
  details: { run: loaded.run, outcome: loaded.state.ended?.outcome ?? null },
});

/** Approves a run's plan by its hash; approved twice is approved once. `BATON-APPROVAL-HASH`, `BATON-RUN-ENDED`. */
export async function approve(request: Request & { readonly planHash: string }): Promise<Result<void>> {
  const { journal, run, planHash, by } = request;
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return loaded;
  const { state } = loaded.value;
  if (state.status === "ended") return failed(ended(loaded.value));
  if (planHash !== state.planHash)
    return failed({
      code: "BATON-APPROVAL-HASH",
      message: `The approval is for the plan ${planHash.slice(0, 12)}, the run ${run} carries out ${state.planHash.slice(0, 12)}.`,
      remedy: "Look at the run's plan with `baton status`, and approve that one.",
      details: { run, approved: planHash, planHash: state.planHash },
    });
  if (state.approvedBy !== null) return ok(undefined);
  return ask(journal, run, toNewEvent({ type: "run.approved", planHash, by }));
}

/** Lets a run past the approval gate it waits at; `BATON-RUN-NO-APPROVAL`, `BATON-RUN-ENDED`. */
export async function approveGate(request: Request & { readonly step: string }): Promise<Result<void>> {
  const { journal, run, step, by } = request;
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return loaded;
  if (loaded.value.state.status === "ended") return failed(ended(loaded.value));
  const refusal = approvalRefusal(loaded.value.index, loaded.value.state, step);
  if (refusal !== null) return failed(refusal);
  return ask(journal, run, toNewEvent({ type: "hold.approved", step, by }));
}

/**
 * Asks that a run be taken back; whoever drives it does so. A run that has ended is opened again, unless a later one was
 * opened since (`BATON-RUN-SUPERSEDED`). Refused with `BATON-RUN-NO-RETURN`, `BATON-RUN-ROLLED-BACK`.
 */
export async function requestRollback(request: Request & { readonly reason: string }): Promise<Result<void>> {
  let last: Result<void> = ok(undefined);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    last = await tryRollback(request);
    if (last.ok || last.problems.every((problem) => problem.code !== "BATON-JOURNAL-SEQUENCE")) return last;
  }
  return last;
}

/** A run seldom ends, and another is seldom opened, between reading and appending; a few tries always settle it. */
const TRIES = 10;

/** In one commit with the environment's list, so that the list never says that a run ended which is being taken back. */
async function tryRollback(request: Request & { readonly reason: string }): Promise<Result<void>> {
  const { journal, run, by, reason } = request;
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return loaded;
  const { plan } = loaded.value;
  const environment = await readEnvironment(journal, plan.environment);
  if (!environment.ok) return environment;
  const listed = environment.value.runs.find((one) => one.run === run);
  const latest = environment.value.runs.at(-1);
  // The list is read after the run: where it already says that the run ended, the run is read again.
  const fresh = listed?.ended ? await loadRun(journal, run) : loaded;
  if (!fresh.ok) return fresh;
  const refusal = rollbackRefusal(fresh.value.index, fresh.value.state);
  if (refusal !== null) return failed(refusal);
  if (latest !== undefined && latest.run !== run) return failed(superseded(run, latest.run));
  const event = toNewEvent({ type: "run.rollback-requested", by, reason });
  const stored = await journal.append(
    [
      {
        stream: streams.environment(plan.environment),
        expectedSeq: environment.value.seq,
        events: listed?.ended ? [environmentRunReopened(run)] : [],
      },
      { stream: streams.control(run), expectedSeq: null, events: [event] },
    ],
    null,
  );
  return stored.ok ? ok(undefined) : stored;
}

const superseded = (run: string, latest: string): Problem => ({
  code: "BATON-RUN-SUPERSEDED",
  message: `The run ${run} cannot be taken back: ${latest} was opened after it.`,
  remedy: `Take back ${latest} first, or plan a release that leads where you want to be.`,
  details: { run, latest },
});

async function ask(journal: Journal, run: string, event: NewEvent): Promise<Result<void>> {
  const stored = await journal.append(
    [{ stream: streams.control(run), expectedSeq: null, events: [event] }],
    null,
  );
  return stored.ok ? ok(undefined) : stored;
}
