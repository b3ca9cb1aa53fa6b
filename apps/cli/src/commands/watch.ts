import { requireRun, runFacts, type Where } from "@baton/session";
import type { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { exitOfRun } from "../session/exit-of-run.ts";
import { follow } from "../session/follow.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { withSession } from "../session/with-session.ts";

/** `baton watch`: follows the run live from any terminal, until it ends or waits for a person. Changes nothing. */
export const watch = (where: Where, output: Output): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const current = await requireRun(session);
    if (!current.ok) return output.problems(current.problems);
    const stop = stopSignals(() => undefined);
    const seen = await follow(
      session,
      current.value.run,
      output,
      stop.signal,
      ({ state }) => state.ended !== null || state.waiting !== null,
    );
    stop.dispose();
    if (!seen.ok) return output.problems(seen.problems);
    const now = await session.journal.now();
    if (!now.ok) return output.problems(now.problems);
    output.result(runFacts(seen.value, now.value));
    return exitOfRun(seen.value.state);
  });
