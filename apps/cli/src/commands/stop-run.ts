import { loadRun, requestStop } from "@baton/conductor";
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
import { conduct } from "../session/conduct.ts";
import { exitOfRun } from "../session/exit-of-run.ts";
import { follow } from "../session/follow.ts";
import { refused } from "../session/refused.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { withSession } from "../session/with-session.ts";

interface StopOptions {
  readonly reason: string;
  /** True for `emergency-stop`: what is under way is aborted. */
  readonly emergency: boolean;
}

/**
 * `baton abort`, `baton emergency-stop`: stops the run where it is and stays until it has stopped. Where nobody drives it, its end
 * is brought about from here. Exits 0 when it has stopped.
 */
export const stopRun = (where: Where, output: Output, options: StopOptions): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const current = await requireRun(session);
    if (!current.ok) return output.problems(current.problems);
    const { run } = current.value;
    const { reason, emergency } = options;
    const requested = await requestStop({
      journal: session.journal,
      run,
      by: localActor(),
      reason,
      emergency,
    });
    if (!requested.ok) return refused(output, requested.problems);
    const stop = stopSignals(() =>
      output.lines("Leaving; the request is journaled and the run stops all the same."),
    );
    try {
      return await untilStopped(session, run, output, stop.signal);
    } finally {
      stop.dispose();
    }
  });

async function untilStopped(
  session: Session,
  run: string,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const driver = await driverOf(session, run);
  if (driver !== null) {
    output.lines(`${driver} drives the run and stops it.`);
    const over = async ({ state }: { state: { ended: unknown } }) =>
      state.ended !== null || (await driverOf(session, run)) === null;
    const seen = await follow(session, run, output, signal, over);
    if (!seen.ok) return output.problems(seen.problems);
  }
  const left = await loadRun(session.journal, run);
  if (!left.ok) return output.problems(left.problems);
  if (left.value.state.ended === null && !signal.aborted) {
    const ended = await endFromHere(session, run, output, signal);
    if (ended !== null) return ended;
  }
  const [loaded, now] = [await loadRun(session.journal, run), await session.journal.now()];
  if (!loaded.ok) return output.problems(loaded.problems);
  if (!now.ok) return output.problems(now.problems);
  const { state } = loaded.value;
  if (state.ended !== null)
    output.lines(`✓ ${state.ended.reason}`, ...state.ended.next.map((n) => `  npx ${n}`));
  output.result(runFacts(loaded.value, now.value));
  return state.ended?.outcome === "stopped" ? ExitCode.done : exitOfRun(state);
}

/** Brings the run to its end where nobody drives it: nothing begins any more. An exit code where that was not possible. */
async function endFromHere(
  session: Session,
  run: string,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode | null> {
  const lock = await lockConductor(session.where.stateDir, "abort", "rollback");
  if (!lock.ok) return output.problems(lock.problems);
  try {
    const workload = await findWorkload(session);
    const end = await conduct({ session, run, output, workload, signal, until: "end" });
    return end.ok ? null : output.problems(end.problems);
  } finally {
    await lock.value.release();
  }
}
