import { ok, type Result } from "@baton/core";
import { type Definition, findRelease, loadDefinition, lockConductor, type Where } from "@baton/session";
import { words } from "../commands/serve.ts";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { takeDown } from "../session/take-down.ts";
import { bringUp } from "../session/up.ts";
import { beginAgain } from "./begin-again.ts";
import { demonstrate, type StartOptions } from "./demonstrate.ts";
import { nextRelease } from "./next-release.ts";
import { serveBeside } from "./serve-beside.ts";
import { stayUp } from "./stay-up.ts";

/** The right to conduct on a state folder, with what stands in the platform's files. */
interface Entry {
  readonly definition: Definition;
  readonly release: string;
  leave(): Promise<void>;
}

/** The release to go to: the one that was named, else the one that follows the first. */
function target(definition: Definition, named: string | undefined): Result<string> {
  if (named === undefined) return nextRelease(definition);
  const found = findRelease(definition, named);
  return found.ok ? ok(named) : found;
}

/** Reads the files, begins again where that was asked for, and takes the folder for this command; nothing is started yet. */
async function enter(where: Where, output: Output, options: StartOptions): Promise<Result<Entry>> {
  const definition = await loadDefinition(where.platformDir);
  if (!definition.ok) return definition;
  const release = target(definition.value, options.release);
  if (!release.ok) return release;
  if (options.fresh) {
    const again = await beginAgain(where, definition.value.platform, (line) => output.lines(line));
    if (!again.ok) return again;
  }
  const lock = await lockConductor(where.stateDir, "start");
  if (!lock.ok) return lock;
  return ok({ definition: definition.value, release: release.value, leave: lock.value.release });
}

/** How the demonstration ended, and where the server is, in words. */
interface Worked {
  readonly code: ExitCode;
  readonly server: readonly string[];
}

/** Brings the platform up, does the run and shows its report. */
async function work(
  where: Where,
  output: Output,
  options: StartOptions,
  { definition, release }: Entry,
  signal: AbortSignal,
): Promise<Worked> {
  const begun = performance.now();
  const session = await bringUp(where, definition, (line) => output.lines(`  ${line}`), signal);
  if (!session.ok)
    return { code: signal.aborted ? ExitCode.failed : output.problems(session.problems), server: [] };
  try {
    const server = await startServer(where);
    output.lines(...server.map((line) => `  ${line}`));
    const code = await demonstrate(session.value, output, { ...options, release }, signal, begun);
    return { code, server };
  } finally {
    await session.value.close();
  }
}

/** Starts the server beside us; where it is, in words, or why it is not. The demonstration goes on without one, too. */
async function startServer(where: Where): Promise<readonly string[]> {
  const served = await serveBeside(where);
  if (served.ok) return words(served.value.url, served.value.firstCode);
  return served.problems.flatMap(({ code, message, remedy }) => [`◌ ${code} ${message}`, `  ${remedy}`]);
}

/**
 * `baton start`: the main job on the embedded defaults. Brings the platform up, puts users to work, plans, asks, executes,
 * reports; stays up until Ctrl-C, or leaves. Whatever happens, what it started is stopped in order when it leaves; what
 * another `baton start` has at work on the folder is left alone.
 */
export async function start(where: Where, output: Output, options: StartOptions): Promise<ExitCode> {
  const leave = options.exit || !process.stdin.isTTY;
  if (!process.stdin.isTTY)
    output.lines("No terminal to ask at: the demo user approves the plan, and Baton leaves at the end.");
  const entry = await enter(where, output, options);
  if (!entry.ok) return output.problems(entry.problems);
  const stop = stopSignals(() =>
    output.lines(
      "",
      "Stopping in order: the run first, then users, services, PostgreSQL. It goes on at the next start.",
    ),
  );
  let code: ExitCode = ExitCode.failed;
  try {
    const worked = await work(where, output, options, entry.value, stop.signal);
    code = worked.code;
    if (!leave && code === ExitCode.done && !stop.signal.aborted) {
      output.lines(
        "",
        "Everything stays up until Ctrl-C. From another terminal: `npx baton status`, `npx baton rollback`.",
        ...worked.server,
      );
      await stayUp(stop.signal);
    }
  } finally {
    const down = await takeDown(where, () => undefined);
    if (!down.ok) code = output.problems(down.problems);
    else if (down.value.supervisor !== null) output.lines("Stopped. Nothing is left running.");
    // Given up last: whoever waits for the folder (\`down\`, \`start --fresh\`) finds nothing half-stopped there.
    await entry.value.leave();
    stop.dispose();
  }
  return code;
}
