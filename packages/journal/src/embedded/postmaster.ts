import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isAlive } from "./process-mark.ts";

/** What `postmaster.pid` says about the server of a data folder. */
export interface PidFile {
  readonly pid: number;
  readonly port: number | null;
  readonly status: string;
}

export const pidFilePath = (dataDir: string): string => join(dataDir, "postmaster.pid");

/** Reads the pid file; null when there is none or it is not yet whole. */
export async function readPidFile(dataDir: string): Promise<PidFile | null> {
  const lines = (await readFile(pidFilePath(dataDir), "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const port = Number(lines[3]);
  return { pid, port: Number.isInteger(port) && port > 0 ? port : null, status: (lines[7] ?? "").trim() };
}

/** Whether this live process is the server of this data folder, and not one that was given its number since. */
export async function isPostmasterOf(pid: number, dataDir: string): Promise<boolean> {
  if (!(await isAlive(pid))) return false;
  return (await commandLine(pid)).includes(dataDir);
}

/** Whether the number went to another program. A process that is just ending has no command line any more, and is still itself. */
async function isAnothers(pid: number, dataDir: string): Promise<boolean> {
  const line = await commandLine(pid);
  return line !== "" && !line.includes(dataDir);
}

async function commandLine(pid: number): Promise<string> {
  if (platform() === "linux") return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  if (platform() === "win32") return ""; // adoption needs proof, and Windows gives none cheaply
  return new Promise((resolve) => {
    execFile("ps", ["-ww", "-o", "command=", "-p", String(pid)], (_error, stdout) => resolve(stdout));
  });
}

/** Polls until `condition` holds or the time is over; says which. */
export async function until(condition: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await pause(15);
  }
  return true;
}

/**
 * Ends the server of this data folder: fast shutdown, then immediate (recovers on the next start, loses nothing), then by
 * force. Resolves when the process is gone. Where it ended by itself before, its number may be another program's by now:
 * that one is left alone (on Windows nothing tells the two apart).
 */
export async function stopPostmaster(pid: number, dataDir: string): Promise<void> {
  if (!(await (platform() === "win32" ? isAlive(pid) : isPostmasterOf(pid, dataDir)))) return;
  const gone = async () => !(await isAlive(pid)) || (await isAnothers(pid, dataDir));
  for (const [signal, patience] of [
    ["SIGINT", 30_000],
    ["SIGQUIT", 10_000],
    ["SIGKILL", 10_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return; // it is gone already
    }
    if (await until(gone, patience)) return;
  }
}
