import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Problem, Result } from "@baton/core";

interface Holder {
  readonly pid: number;
  readonly command: string;
  readonly startedAt: string;
}

const lockFile = (stateDir: string): string => join(stateDir, "conductor.json");

/** A pid may have been given to another program since; on Linux its command line tells. */
async function alive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    return (await readFile(`/proc/${holder.pid}/cmdline`, "utf8")).includes("main.ts");
  } catch {
    return true;
  }
}

/** Who conducts on this state folder right now; null when nobody does. */
export async function conductorHere(stateDir: string): Promise<Holder | null> {
  try {
    const holder = JSON.parse(await readFile(lockFile(stateDir), "utf8")) as Holder;
    return (await alive(holder)) ? holder : null;
  } catch {
    return null;
  }
}

const running = (holder: Holder): Problem => ({
  code: "BATON-START-RUNNING",
  message: `\`baton ${holder.command}\` is already at work here: process ${holder.pid}, since ${holder.startedAt}.`,
  remedy:
    "Follow it with `npx baton watch`, look with `npx baton status`, stop everything with `npx baton down`.",
  details: { pid: holder.pid, startedAt: holder.startedAt },
});

/**
 * Says to other Baton commands on this folder that one conducts here. A courtesy between processes of one machine: what
 * really keeps two conductors apart is the run's lease in the journal.
 */
export async function lockConductor(
  stateDir: string,
  command: string,
): Promise<Result<{ release(): Promise<void> }>> {
  await mkdir(stateDir, { recursive: true });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(lockFile(stateDir), "wx", 0o600);
      await file.writeFile(
        JSON.stringify({ pid: process.pid, command, startedAt: new Date().toISOString() } satisfies Holder),
      );
      await file.close();
      return { ok: true, value: { release: () => rm(lockFile(stateDir), { force: true }) } };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = await conductorHere(stateDir);
      if (holder) return { ok: false, problems: [running(holder)] };
      await rm(lockFile(stateDir), { force: true }); // left behind by a conductor that was killed
    }
  }
  return { ok: false, problems: [running({ pid: 0, command: "start", startedAt: "just now" })] };
}
