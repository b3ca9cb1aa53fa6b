import {
  type Actor,
  approvalRefusal,
  conflictsOf,
  doneRefusal,
  endedRefusal,
  failed,
  type Journal,
  type NewEvent,
  ok,
  type Problem,
  pauseRefusal,
  type Result,
  type RunEvent,
  type RunState,
  resumeRefusal,
  retryRefusal,
  rollbackRefusal,
  type StreamAppend,
  scopeRefusal,
  skipRefusal,
  stopRefusal,
  tenantRollbackRefusal,
} from "@baton/core";
import { type Approver, holdApproval } from "./access/approver.ts";
import { environmentRunReopened, type RunSummary, readEnvironment } from "./environment-runs.ts";
import { toNewEvent } from "./event-codec.ts";
import { type LoadedRun, loadRun } from "./load-run.ts";
import { type DoneRequest, observeByHand, type Request } from "./observe-by-hand.ts";
import { streams } from "./streams.ts";

type Reasoned = Request & { readonly reason: string };

/** What a signed-in person's approval is held to. Left out: whoever approves is at the machine itself. */
interface Approving {
  readonly approver?: Approver;
}

/**
 * Approves a run's plan by its hash; approved twice is approved once. `BATON-APPROVAL-HASH`, `BATON-RUN-ENDED`; with an approver
 * also what `holdApproval` says.
 */
export async function approve(
  request: Request & Approving & { readonly planHash: string },
): Promise<Result<void>> {
  const { journal, run, planHash } = request;
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return loaded;
  const { state } = loaded.value;
  const refusal = endedRefusal(state) ?? staleRefusal(state, planHash);
  if (refusal !== null) return failed(refusal);
  if (state.approvedBy !== null) return ok(undefined);
  return askApproved(request, loaded.value, (by) => ({ type: "run.approved", planHash, by }));
}

/**
 * Lets a run past the approval gate it waits at; `BATON-RUN-NO-APPROVAL`, `BATON-RUN-ENDED`, with a hash `BATON-APPROVAL-HASH`, with
 * an approver also what `holdApproval` says.
 */
export async function approveGate(
  request: Request & Approving & { readonly step: string; readonly planHash?: string },
): Promise<Result<void>> {
  const { journal, run, step, planHash } = request;
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return loaded;
  const { index, state } = loaded.value;
  const stale = planHash === undefined ? null : staleRefusal(state, planHash);
  const refusal = stale ?? endedRefusal(state) ?? approvalRefusal(index, state, step);
  if (refusal !== null) return failed(refusal);
  return askApproved(request, loaded.value, (by) => ({ type: "hold.approved", step, by }));
}

/** Appends an approval, where somebody signed in for it together with what holds it to their rights. */
async function askApproved(
  { journal, run, by, approver }: Request & Approving,
  { plan }: LoadedRun,
  event: (by: Actor) => RunEvent,
): Promise<Result<void>> {
  if (approver === undefined) return ask(journal, run, toNewEvent(event(by)));
  for (let attempt = 1; ; attempt++) {
    const held = await holdApproval(journal, run, plan.environment, approver);
    if (!held.ok) return held;
    const asked = await ask(journal, run, toNewEvent(event(held.value.by)), [held.value.guard]);
    const moved = !asked.ok && asked.problems.some(({ code }) => code === "BATON-JOURNAL-SEQUENCE");
    if (!moved || attempt === TRIES) return asked;
  }
}

/** Why an approval of this plan is none of the run's; null where it is the run's plan. */
function staleRefusal({ run, planHash }: RunState, approved: string): Problem | null {
  if (approved === planHash) return null;
  return {
    code: "BATON-APPROVAL-HASH",
    message: `The approval is for the plan ${approved.slice(0, 12)}, the run ${run} carries out ${planHash.slice(0, 12)}.`,
    remedy: "Look at the run's plan with `baton status`, and approve that one.",
    details: { run, approved, planHash },
  };
}

/** Pauses a run; `BATON-RUN-ENDED`, `BATON-RUN-STOPPING`, `BATON-RUN-PAUSED`. */
export const requestPause = (request: Reasoned): Promise<Result<void>> =>
  askWhere(request, ({ state }) => pauseRefusal(state), {
    type: "run.paused",
    by: request.by,
    reason: request.reason,
  });

/** Lets a paused run go on; `BATON-RUN-NOT-PAUSED`, `BATON-RUN-ENDED`. */
export const requestResume = (request: Request): Promise<Result<void>> =>
  askWhere(request, ({ state }) => resumeRefusal(state), { type: "run.resumed", by: request.by });

/** Stops a run where it is, or at once with `emergency`; `BATON-RUN-ENDED`, `BATON-RUN-STOPPING`. */
export const requestStop = (request: Reasoned & { readonly emergency: boolean }): Promise<Result<void>> =>
  askWhere(request, ({ state }) => stopRefusal(state, request.emergency), {
    type: request.emergency ? "run.emergency-stop-requested" : "run.abort-requested",
    by: request.by,
    reason: request.reason,
  });

/**
 * Gives a failed step, a parked tenant, or (both null) all that failed its tries back. A run that has ended is opened again,
 * unless a later one was opened since (`BATON-RUN-SUPERSEDED`). Refused as `retryRefusal` says.
 */
export const requestRetry = (
  request: Request & { readonly step: string | null; readonly tenant: string | null },
): Promise<Result<void>> =>
  askAndReopen(request, ({ index, state }) => retryRefusal(index, state, request), {
    type: "run.retry-requested",
    step: request.step,
    tenant: request.tenant,
    by: request.by,
  });

/** Lets a run go on without a step that has no effect of its own, or without one tenant's share; refused as `skipRefusal` says. */
export const requestSkip = (
  request: Reasoned & { readonly step: string; readonly tenant: string | null },
): Promise<Result<void>> =>
  askAndReopen(request, ({ index, state }) => skipRefusal(index, state, request), {
    type: "step.skip-requested",
    step: request.step,
    tenant: request.tenant,
    by: request.by,
    reason: request.reason,
  });

/**
 * Takes a person's word that an effect was brought about by hand, if its action observes it: `BATON-ACTION-NOT-PRESENT` and
 * `BATON-ACTION-UNKNOWN` say what it saw instead. Refused as `doneRefusal` says.
 */
export async function requestDone(request: DoneRequest): Promise<Result<void>> {
  const { journal, run, by, step, tenant, evidence } = request;
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return loaded;
  const refusal = doneRefusal(loaded.value.index, loaded.value.state, request);
  if (refusal !== null) return failed(refusal);
  const seen = await observeByHand(loaded.value, request);
  if (!seen.ok) return seen;
  return askAndReopen(request, ({ index, state }) => doneRefusal(index, state, request), {
    type: "step.done-declared",
    step,
    tenant,
    by,
    evidence,
    observed: seen.value,
  });
}

/** Lets a run go as far as a ring or one tenant of it, or with both null the whole way; refused as `scopeRefusal` says. */
export const requestScope = (
  request: Request & { readonly ring: string | null; readonly tenant: string | null },
): Promise<Result<void>> =>
  askWhere(request, ({ index, state }) => scopeRefusal(index, state, request), {
    type: "run.scope-set",
    ring: request.ring,
    tenant: request.tenant,
    by: request.by,
  });

/** Takes one tenant back while the others stay or go on; refused as `tenantRollbackRefusal` says. */
export const requestTenantRollback = (
  request: Reasoned & { readonly tenant: string },
): Promise<Result<void>> =>
  askAndReopen(request, ({ index, state }) => tenantRollbackRefusal(index, state, request.tenant), {
    type: "tenant.rollback-requested",
    tenant: request.tenant,
    by: request.by,
    reason: request.reason,
  });

/**
 * Asks that a run be taken back; whoever drives it does so. A run that has ended is opened again, unless a later one was
 * opened since (`BATON-RUN-SUPERSEDED`). Refused with `BATON-RUN-NO-RETURN`, `BATON-RUN-ROLLED-BACK`.
 */
export const requestRollback = (request: Reasoned): Promise<Result<void>> =>
  askAndReopen(request, ({ index, state }) => rollbackRefusal(index, state), {
    type: "run.rollback-requested",
    by: request.by,
    reason: request.reason,
  });

type Refusal = (loaded: LoadedRun) => Problem | null;

/** Appends a request to the control stream where nothing speaks against it. */
async function askWhere({ journal, run }: Request, refuses: Refusal, event: RunEvent): Promise<Result<void>> {
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return loaded;
  const refusal = refuses(loaded.value);
  return refusal === null ? ask(journal, run, toNewEvent(event)) : failed(refusal);
}

/** The same for a request that opens a run which has ended again. */
async function askAndReopen(request: Request, refuses: Refusal, event: RunEvent): Promise<Result<void>> {
  let last: Result<void> = ok(undefined);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    last = await tryReopening(request, refuses, event);
    if (last.ok || last.problems.every((problem) => problem.code !== "BATON-JOURNAL-SEQUENCE")) return last;
  }
  return last;
}

/** A run seldom ends, and another is seldom opened, between reading and appending; a few tries always settle it. */
const TRIES = 10;

/** In one commit with the environment's list, so that the list never says that a run ended which goes on. */
async function tryReopening(
  { journal, run }: Request,
  refuses: Refusal,
  event: RunEvent,
): Promise<Result<void>> {
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return loaded;
  const { plan } = loaded.value;
  const environment = await readEnvironment(journal, plan.environment);
  if (!environment.ok) return environment;
  const listed = environment.value.runs.find((one) => one.run === run);
  const later = laterRun(environment.value.runs, listed);
  // The list is read after the run: where it already says that the run ended, the run is read again.
  const fresh = listed?.ended ? await loadRun(journal, run) : loaded;
  if (!fresh.ok) return fresh;
  const refusal = refuses(fresh.value);
  if (refusal !== null) return failed(refusal);
  if (later !== null) return failed(superseded(run, later));
  const stored = await journal.append(
    [
      {
        stream: streams.environment(plan.environment),
        expectedSeq: environment.value.seq,
        events: listed?.ended ? [environmentRunReopened(run)] : [],
      },
      { stream: streams.control(run), expectedSeq: null, events: [toNewEvent(event)] },
    ],
    null,
  );
  return stored.ok ? ok(undefined) : stored;
}

/** The run that was opened over this one's locks since, whatever became of it; null where nobody was. */
function laterRun(runs: readonly RunSummary[], listed: RunSummary | undefined): string | null {
  if (listed === undefined) return null;
  if (listed.supersededBy !== null) return listed.supersededBy;
  const after = runs.slice(runs.indexOf(listed) + 1);
  return after.find((run) => conflictsOf(listed.locks, run.locks).length > 0)?.run ?? null;
}

const superseded = (run: string, latest: string): Problem => ({
  code: "BATON-RUN-SUPERSEDED",
  message: `The run ${run} can be taken up again no more: ${latest} was opened after it.`,
  remedy: `Take back ${latest} first, or plan a release that leads where you want to be.`,
  details: { run, latest },
});

async function ask(
  journal: Journal,
  run: string,
  event: NewEvent,
  guards: readonly StreamAppend[] = [],
): Promise<Result<void>> {
  const stored = await journal.append(
    [...guards, { stream: streams.control(run), expectedSeq: null, events: [event] }],
    null,
  );
  return stored.ok ? ok(undefined) : stored;
}
