import { loadDefinition } from "../definition/load.ts";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { lockConductor } from "../session/conductor-lock.ts";
import type { Where } from "../session/options.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { takeDown } from "../session/take-down.ts";
import { bringUp } from "../session/up.ts";
import { beginAgain } from "./begin-again.ts";
import { demonstrate, type StartOptions } from "./demonstrate.ts";
import { nextRelease } from "./next-release.ts";

const signalled = (stop: AbortSignal): Promise<void> =>
  stop.aborted
    ? Promise.resolve()
    : new Promise((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));

/** Says where everything is, then does the run and shows its report. */
async function work(
  where: Where,
  output: Output,
  options: StartOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const begun = performance.now();
  const definition = await loadDefinition(where.platformDir);
  if (!definition.ok) return output.problems(definition.problems);
  const named =
    options.release === undefined
      ? nextRelease(definition.value)
      : ({ ok: true, value: options.release } as const);
  if (!named.ok) return output.problems(named.problems);
  if (options.fresh) {
    const again = await beginAgain(where.stateDir, (line) => output.lines(line));
    if (!again.ok) return output.problems(again.problems);
  }
  const lock = await lockConductor(where.stateDir, "start");
  if (!lock.ok) return output.problems(lock.problems);
  try {
    const session = await bringUp(where, definition.value, (line) => output.lines(`  ${line}`), signal);
    if (!session.ok) return signal.aborted ? ExitCode.failed : output.problems(session.problems);
    try {
      return await demonstrate(session.value, output, { ...options, release: named.value }, signal, begun);
    } finally {
      await session.value.close();
    }
  } finally {
    await lock.value.release();
  }
}

/**
 * `baton start`: the main job on the embedded defaults. Brings the platform up, puts users to work, plans, asks, executes,
 * reports; stays up until Ctrl-C, or leaves. Whatever happens, what it started is stopped in order when it leaves.
 */
export async function start(where: Where, output: Output, options: StartOptions): Promise<ExitCode> {
  const leave = options.exit || !process.stdin.isTTY;
  const stop = stopSignals(() =>
    output.lines(
      "",
      "Stopping in order: the run first, then users, services, PostgreSQL. It goes on at the next start.",
    ),
  );
  let code: ExitCode = ExitCode.failed;
  try {
    code = await work(where, output, options, stop.signal);
    if (code === ExitCode.refused && !stop.signal.aborted) return code;
    if (!leave && code === ExitCode.done && !stop.signal.aborted) {
      output.lines(
        "",
        "Everything stays up until Ctrl-C. From another terminal: `npx baton status`, `npx baton rollback`.",
      );
      await signalled(stop.signal);
    }
  } finally {
    if (code !== ExitCode.refused || stop.signal.aborted) {
      const down = await takeDown(where.stateDir, () => undefined);
      output.lines(down.ok ? "Stopped. Nothing is left running." : "");
      if (!down.ok) code = output.problems(down.problems);
    }
    stop.dispose();
  }
  return code;
}
