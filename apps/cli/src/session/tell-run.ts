import { type LoadedRun, loadRun } from "@baton/conductor";
import { driveCommand, explain, type Result } from "@baton/core";
import { driverOf, requireRun, type Session, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { refused } from "./refused.ts";
import { withSession } from "./with-session.ts";

/** Something a person says to the run of an environment. */
export interface Word {
  /** Journals it; refused where it would not count. */
  readonly request: (session: Session, loaded: LoadedRun) => Promise<Result<void>>;
  /** What happened, for people. */
  readonly said: (loaded: LoadedRun) => string;
  /** Whether somebody must drive the run for it to have its effect. */
  readonly needsDriver: boolean;
}

/** Says something to the current run, whoever drives it, and tells how it stands then. Exits 3 where it was refused. */
export const tellRun = (where: Where, output: Output, word: Word): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const current = await requireRun(session);
    if (!current.ok) return output.problems(current.problems);
    const requested = await word.request(session, current.value);
    if (!requested.ok) return refused(output, requested.problems);
    const [loaded, now] = [await loadRun(session.journal, current.value.run), await session.journal.now()];
    if (!loaded.ok) return output.problems(loaded.problems);
    if (!now.ok) return output.problems(now.problems);
    const { run, index, state } = loaded.value;
    const drivenBy = await driverOf(session, run);
    const explanation = explain(index, state, now.value);
    output.lines(`✓ ${word.said(loaded.value)}`);
    if (drivenBy !== null) output.lines(`  ${drivenBy} drives the run.`);
    else if (word.needsDriver)
      output.lines(
        `  Nobody drives the run: go on with \`npx ${driveCommand(index.plan.release, state.scope)}\`.`,
      );
    const next =
      drivenBy === null && word.needsDriver
        ? [driveCommand(index.plan.release, state.scope)]
        : explanation.next;
    output.result({
      run,
      status: state.status,
      paused: state.paused,
      stop: state.stop,
      drivenBy,
      explanation,
      next,
    });
    return ExitCode.done;
  });
