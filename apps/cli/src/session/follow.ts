import { type LoadedRun, loadRun } from "@baton/conductor";
import type { Result } from "@baton/core";
import { ok } from "@baton/core";
import { findWorkload, type Session } from "@baton/session";
import type { Output } from "../output.ts";
import { RunScreen } from "./run-screen.ts";

const LOOK_AGAIN_MS = 1_000;

/** Shows a run that somebody else drives, from its journal, until `done` says so or the signal comes. Gives the last look. */
export async function follow(
  session: Session,
  run: string,
  output: Output,
  signal: AbortSignal,
  done: (loaded: LoadedRun) => boolean | Promise<boolean>,
): Promise<Result<LoadedRun>> {
  const screen = new RunScreen(output, await findWorkload(session));
  try {
    for (;;) {
      const loaded = await loadRun(session.journal, run);
      if (!loaded.ok) return loaded;
      const [progress, now] = [await session.journal.loadProgress(run), await session.journal.now()];
      if (!progress.ok) return progress;
      if (!now.ok) return now;
      const { index, state, position } = loaded.value;
      screen.show({ index, state, progress: progress.value, now: now.value });
      if ((await done(loaded.value)) || signal.aborted) return ok(loaded.value);
      // Progress is not journaled, so look again each second also when nothing was appended.
      await session.journal.changed(`run/${run}`, position, LOOK_AGAIN_MS, signal);
    }
  } finally {
    await screen.close();
  }
}
