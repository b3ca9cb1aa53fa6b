import { type LoadedRun, loadRun, requestRollback, requestTenantRollback } from "@baton/conductor";
import { type Plan, renderDuration, summarize } from "@baton/core";
import {
  driverOf,
  findWorkload,
  lockConductor,
  requireRun,
  runFacts,
  type Session,
  type Where,
} from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { localActor } from "../session/actor.ts";
import { ask } from "../session/ask.ts";
import { conduct } from "../session/conduct.ts";
import { exitOfRun } from "../session/exit-of-run.ts";
import { follow } from "../session/follow.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { tellRun } from "../session/tell-run.ts";
import { withSession } from "../session/with-session.ts";

interface RollbackOptions {
  readonly yes: boolean;
  readonly reason: string;
}

const rolledBack = (loaded: LoadedRun): boolean => loaded.state.ended?.outcome === "rolled-back";

/** Where a rollback leads: a superseding run goes back to what was there when it began, which is no release. */
const goal = ({ from, release, supersedes }: Plan): string =>
  supersedes === undefined ? from : `where ${supersedes} stopped, between ${from} and ${release}`;

const rolledBackTo = ({ from, supersedes }: Plan): string =>
  supersedes === undefined
    ? `${from} serves.`
    : `what was there when it began is there again, as ${supersedes} left it.`;

/** Follows whoever drives the run; where nobody does, or its driver dies, drives it from here. */
async function bringBack(
  session: Session,
  run: string,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const driver = await driverOf(session, run);
  if (driver !== null) {
    output.lines(`${driver} drives the run and takes it back.`);
    const over = async ({ state }: LoadedRun) =>
      state.ended !== null || (await driverOf(session, run)) === null;
    const seen = await follow(session, run, output, signal, over);
    if (!seen.ok) return output.problems(seen.problems);
    if (seen.value.state.ended === null && !signal.aborted)
      output.lines("It drives no longer: going on from here.");
  }
  const lock = await lockConductor(session.where.stateDir, "rollback", "rollback");
  if (!lock.ok) return output.problems(lock.problems);
  try {
    const workload = await findWorkload(session);
    const end = await conduct({ session, run, output, workload, signal, until: "end" });
    if (!end.ok) return output.problems(end.problems);
  } finally {
    await lock.value.release();
  }
  const [loaded, at] = [await loadRun(session.journal, run), await session.journal.now()];
  if (!loaded.ok) return output.problems(loaded.problems);
  if (!at.ok) return output.problems(at.problems);
  const { state } = loaded.value;
  const seconds = state.rollback && state.ended ? (state.ended.at - state.rollback.at) / 1000 : null;
  if (rolledBack(loaded.value))
    output.lines(`✓ Rolled back in ${renderDuration(seconds)}; ${rolledBackTo(loaded.value.plan)}`);
  output.result({ ...runFacts(loaded.value, at.value), rollbackTook: seconds });
  return rolledBack(loaded.value) ? ExitCode.done : exitOfRun(state);
}

/** `baton rollback`: says what it will do and what it costs, asks, and takes the run back. */
export const rollback = (where: Where, output: Output, options: RollbackOptions): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const current = await requireRun(session);
    if (!current.ok) return output.problems(current.problems);
    const { run, index, state, plan } = current.value;
    const now = await session.journal.now();
    if (!now.ok) return output.problems(now.problems);
    const { rollbackSeconds, rollbackRefusal } = summarize(index, state, now.value);
    if (rollbackRefusal !== null) {
      output.problems([rollbackRefusal]);
      return ExitCode.refused;
    }
    const offer = `Roll back to ${goal(plan)} — about ${renderDuration(rollbackSeconds)}, loses nothing`;
    const stop = stopSignals(() =>
      output.lines("Leaving; the rollback is journaled and goes on at the next start."),
    );
    try {
      output.lines(offer);
      if (!options.yes) {
        if (!process.stdin.isTTY) {
          output.lines("Nobody is here to say yes. Run it again with --yes.");
          return ExitCode.waits;
        }
        if (!(await ask("Do it?", output.words, stop.signal))) return ExitCode.waits;
      }
      const requested = await requestRollback({
        journal: session.journal,
        run,
        by: localActor(),
        reason: options.reason,
      });
      if (!requested.ok) return output.problems(requested.problems);
      return await bringBack(session, run, output, stop.signal);
    } finally {
      stop.dispose();
    }
  });

interface TenantRollbackOptions {
  readonly tenant: string;
  readonly reason: string;
}

/** `baton rollback --tenant t7`: one tenant goes back, the others stay or go on; it is parked until it is retried. */
export const rollbackTenant = (
  where: Where,
  output: Output,
  { tenant, reason }: TenantRollbackOptions,
): Promise<ExitCode> =>
  tellRun(where, output, {
    request: ({ journal }, { run }) =>
      requestTenantRollback({ journal, run, by: localActor(), tenant, reason }),
    said: ({ run, plan }) => `${run} takes ${tenant} back to ${plan.from}; the others stay.`,
    needsDriver: true,
  });
