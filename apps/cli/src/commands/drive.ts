import { setTimeout as pause } from "node:timers/promises";
import { loadRun } from "@baton/conductor";
import {
  checkMovedWorld,
  findWorkload,
  lockConductor,
  requireRun,
  runFacts,
  type Where,
} from "@baton/session";
import type { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { conduct } from "../session/conduct.ts";
import { exitOfRun } from "../session/exit-of-run.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { withSession } from "../session/with-session.ts";

/** Whoever drove before may be about to leave: so long that is waited for. */
const PATIENCE_MS = 10_000;
const AGAIN_MS = 100;

/**
 * `baton drive RUN`: drives a run as it stands, forward or back, until it waits for a person or has ended. It asks nothing and approves
 * nothing; the server starts it where somebody asked something of a run that nobody drives.
 */
export const driveRun = (where: Where, output: Output, named: string): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const known = await requireRun(session, named);
    if (!known.ok) return output.problems(known.problems);
    const lock = await lockSoon(where.stateDir, named);
    if (!lock.ok) return output.problems(lock.problems);
    const stop = stopSignals(() =>
      output.lines("Stopping after the effects under way; the run goes on when it is driven."),
    );
    try {
      const believed = await checkMovedWorld(session, known.value, stop.signal);
      if (!believed.ok) return output.problems(believed.problems);
      const workload = await findWorkload(session);
      const end = await conduct({
        session,
        run: named,
        output,
        workload,
        signal: stop.signal,
        until: "wait",
      });
      if (!end.ok) return output.problems(end.problems);
      const [loaded, now] = [await loadRun(session.journal, named), await session.journal.now()];
      if (!loaded.ok) return output.problems(loaded.problems);
      if (!now.ok) return output.problems(now.problems);
      output.result(runFacts(loaded.value, now.value));
      return exitOfRun(loaded.value.state);
    } finally {
      stop.dispose();
      await lock.value.release();
    }
  });

/** Beside an idle `baton start`, which holds the other slot all the time it is up. */
async function lockSoon(stateDir: string, run: string): ReturnType<typeof lockConductor> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const lock = await lockConductor(stateDir, `drive ${run}`, "rollback");
    if (lock.ok || performance.now() > end) return lock;
    await pause(AGAIN_MS);
  }
}
