import { randomUUID } from "node:crypto";
import { link, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning, markOf, type ProcessMark } from "@baton/journal/embedded/process-mark";

const FILE = /^supervisor\.lock\.(\d+)$/;

/**
 * Takes the state folder for this process until it ends; null once another live process has it (its mark is in `holder`).
 *
 * The lock is the file `supervisor.lock.N` with the highest N, held while the process it names lives. A dead holder's file
 * is never removed but superseded by N+1, made whole under another name and linked: of several that try, one succeeds, and
 * nobody can take a living process's lock for the dead one they looked at a moment before.
 */
export async function takeLock(
  stateDir: string,
): Promise<{ taken: true } | { taken: false; holder: ProcessMark }> {
  const self = await markOf(process.pid);
  if (self === null) throw new Error("this process cannot be found in the process table");
  for (;;) {
    const highest = (await lockNumbers(stateDir)).at(-1) ?? 0;
    const holder = highest === 0 ? null : await readHolder(stateDir, highest);
    if (holder !== null && (await isRunning(holder))) {
      return holder.pid === self.pid ? { taken: true } : { taken: false, holder };
    }
    const mine = highest + 1;
    if (!(await claim(stateDir, mine, self))) continue;
    const numbers = await lockNumbers(stateDir);
    if (numbers.at(-1) !== mine) {
      // We looked so long ago that the line has moved on past us.
      await rm(lockPath(stateDir, mine), { force: true });
      continue;
    }
    for (const old of numbers.slice(0, -1)) await rm(lockPath(stateDir, old), { force: true });
    return { taken: true };
  }
}

/** The living process that has the lock of this state folder; null where there is none. */
export async function lockHolder(stateDir: string): Promise<ProcessMark | null> {
  const highest = (await lockNumbers(stateDir)).at(-1);
  const holder = highest === undefined ? null : await readHolder(stateDir, highest);
  return holder !== null && (await isRunning(holder)) ? holder : null;
}

const lockPath = (stateDir: string, number: number) => join(stateDir, `supervisor.lock.${number}`);

async function lockNumbers(stateDir: string): Promise<readonly number[]> {
  const names = await readdir(stateDir).catch(() => []);
  return names
    .flatMap((name) => FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

async function readHolder(stateDir: string, number: number): Promise<ProcessMark | null> {
  try {
    const { pid, startMark } = JSON.parse(await readFile(lockPath(stateDir, number), "utf8"));
    return typeof pid === "number" && typeof startMark === "string" ? { pid, startMark } : null;
  } catch {
    return null;
  }
}

async function claim(stateDir: string, number: number, self: ProcessMark): Promise<boolean> {
  const draft = join(stateDir, `supervisor.lock.draft-${randomUUID()}`);
  await writeFile(draft, JSON.stringify(self), { mode: 0o600, flag: "wx" });
  try {
    await link(draft, lockPath(stateDir, number));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
