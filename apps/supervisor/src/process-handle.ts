import { type ChildProcess, spawn } from "node:child_process";
import { open, readdir, readFile } from "node:fs/promises";
import {
  isRunning,
  markOf,
  type ProcessMark,
  signalGroup,
  signalProcess,
} from "@baton/journal/embedded/process-mark";
import type { ReadyProgram } from "./program.ts";

/** Name of the variable that marks a process of ours, so that one started a moment before a crash is found again. */
export const LAUNCH_VARIABLE = "BATON_LAUNCH";

const WATCH_MS = 200;

/** A running process, started by us or taken over from a supervisor that died. */
export interface ProcessHandle {
  readonly mark: ProcessMark;
  /** Resolves when it has ended; with its exit code where that can be known. */
  readonly ended: Promise<{ readonly code: number | null }>;
  signal(name: NodeJS.Signals): void;
  /** Ends what the process left behind in its group, unless its number is another process's by now. */
  killGroup(): Promise<void>;
}

/** Starts a program in a group of its own, its output appended to its log. Rejects when it cannot be started. */
export async function startProcess(
  program: ReadyProgram,
  launch: string,
  logPath: string,
): Promise<ProcessHandle> {
  const log = await open(logPath, "a", 0o600);
  try {
    const child = spawn(program.file, program.args, {
      cwd: program.cwd,
      env: { ...program.env, [LAUNCH_VARIABLE]: launch },
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    const ended = whenEnded(child);
    await spawned(child);
    const pid = child.pid ?? 0;
    child.unref();
    const mark = (await markOf(pid)) ?? { pid, startMark: "ended at once" };
    return handle(mark, ended, (name) => void child.kill(name));
  } finally {
    await log.close();
  }
}

/** Takes over a process that runs already; null when it does not run any more. */
export async function adoptProcess(mark: ProcessMark): Promise<ProcessHandle | null> {
  if (!(await isRunning(mark))) return null;
  const ended = watch(mark).then(() => ({ code: null }));
  return handle(mark, ended, (name) => void signalProcess(mark, name));
}

/** The process that carries this launch mark; null where there is none, or the system does not show it. */
export async function findLaunched(launch: string): Promise<ProcessMark | null> {
  const wanted = `${LAUNCH_VARIABLE}=${launch}`;
  const names = await readdir("/proc").catch(() => []);
  const found: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const environ = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (environ.split("\0").includes(wanted)) found.push(Number(name));
  }
  // A child inherits the mark; the first one started is the process itself.
  const first = found.sort((a, b) => a - b)[0];
  return first === undefined ? null : markOf(first);
}

function handle(
  mark: ProcessMark,
  ended: ProcessHandle["ended"],
  signal: (name: NodeJS.Signals) => void,
): ProcessHandle {
  return { mark, ended, signal, killGroup: async () => void (await signalGroup(mark, "SIGKILL")) };
}

const whenEnded = (child: ChildProcess): Promise<{ code: number | null }> =>
  new Promise((resolve) => {
    child.once("exit", (code) => resolve({ code }));
    child.once("error", () => resolve({ code: null }));
  });

const spawned = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once("spawn", () => resolve());
    child.once("error", reject);
  });

/** A process that is not our child says nothing when it ends, so it is looked at. */
async function watch(mark: ProcessMark): Promise<void> {
  while (await isRunning(mark)) await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
}
