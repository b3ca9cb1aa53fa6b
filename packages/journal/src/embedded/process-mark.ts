import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A process named so that a number used again is not mistaken for it: its id, and when it started. */
export interface ProcessMark {
  readonly pid: number;
  readonly startMark: string;
}

/** The mark of a running process; null where there is none, or only the remains of one that nobody has waited for. */
export async function markOf(pid: number): Promise<ProcessMark | null> {
  // 0 and below name groups of processes, our own among them.
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  const startMark =
    await START[process.platform === "linux" || process.platform === "win32" ? process.platform : "ps"](pid);
  return startMark === null ? null : { pid, startMark };
}

/** Whether this very process still runs. */
export async function isRunning(mark: ProcessMark): Promise<boolean> {
  return (await markOf(mark.pid))?.startMark === mark.startMark;
}

/** Whether any process has this number now. One that ended but was not yet collected by its parent counts as ended. */
export const isAlive = async (pid: number): Promise<boolean> => (await markOf(pid)) !== null;

/** Sends a signal to this very process, and to none that was given its number since. False where it has ended. */
export async function signalProcess(mark: ProcessMark, name: NodeJS.Signals): Promise<boolean> {
  return (await isRunning(mark)) && sent(mark.pid, name);
}

/**
 * Sends a signal to all that this process left in the group it led, whether or not it still runs itself. Nothing is sent where
 * its number is another process's by now: then the group is that one's.
 */
export async function signalGroup(mark: ProcessMark, name: NodeJS.Signals): Promise<boolean> {
  const present = await markOf(mark.pid);
  if (mark.pid <= 1 || (present !== null && present.startMark !== mark.startMark)) return false;
  return sent(-mark.pid, name);
}

function sent(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false; // it has ended meanwhile, which is what a signal would have been for
  }
}

let bootId: Promise<string> | null = null;

async function linuxStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field, the name, may hold spaces and brackets; what follows the last bracket is regular.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startTicks] = [fields[0], fields[19]];
    if (state === "Z" || state === "X" || startTicks === undefined) return null;
    bootId ??= readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
      (text) => text.trim(),
      () => "",
    );
    return `${await bootId}/${startTicks}`;
  } catch {
    return null;
  }
}

async function psStart(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
    const [state, ...start] = stdout.trim().split(/\s+/);
    return state === undefined || state.startsWith("Z") || start.length === 0 ? null : start.join(" ");
  } catch {
    return null;
  }
}

/** Windows tells cheaply only that there is a process of this number. */
async function anyStart(pid: number): Promise<string | null> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return null;
  }
  return "unknown";
}

const START = { linux: linuxStart, win32: anyStart, ps: psStart };
