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
  const startMark = process.platform === "linux" ? await linuxStart(pid) : await psStart(pid);
  return startMark === null ? null : { pid, startMark };
}

/** Whether this very process still runs. */
export async function isRunning(mark: ProcessMark): Promise<boolean> {
  return (await markOf(mark.pid))?.startMark === mark.startMark;
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
