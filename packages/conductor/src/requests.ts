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
  const { journal, run, by, reason } = request;
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return loaded;
  const { index, state } = loaded.value;
  const refusal = rollbackRefusal(index, state);
  if (refusal !== null) return failed(refusal);
  const event = toNewEvent({ type: "run.rollback-requested", by, reason });
  if (state.status !== "ended") return ask(journal, run, event);
  return reopen(journal, loaded.value, event);
}

/** In one commit with the environment's list: two runs of one environment are never open at the same time. */
async function reopen(journal: Journal, { run, plan }: LoadedRun, event: NewEvent): Promise<Result<void>> {
  const environment = await readEnvironment(journal, plan.environment);
  if (!environment.ok) return environment;
  const latest = environment.value.runs.at(-1);
  if (latest !== undefined && latest.run !== run)
    return failed({
      code: "BATON-RUN-SUPERSEDED",
      message: `The run ${run} cannot be taken back: ${latest.run} was opened after it.`,
      remedy: `Take back ${latest.run} first, or plan a release that leads where you want to be.`,
      details: { run, latest: latest.run },
    });
  const stored = await journal.append(
    [
      {
        stream: streams.environment(plan.environment),
        expectedSeq: environment.value.seq,
        events: [environmentRunReopened(run)],
      },
      { stream: streams.control(run), expectedSeq: null, events: [event] },
    ],
    null,
  );
  return stored.ok ? ok(undefined) : stored;
}

async function ask(journal: Journal, run: string, event: NewEvent): Promise<Result<void>> {
  const stored = await journal.append(
    [{ stream: streams.control(run), expectedSeq: null, events: [event] }],
    null,
  );
  return stored.ok ? ok(undefined) : stored;
}
