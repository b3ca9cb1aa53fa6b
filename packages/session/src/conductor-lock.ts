import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, stateDirProblem } from "@baton/adapters";
import { failed, ok, type Problem, type Result } from "@baton/core";
import { isRunning, markOf, type ProcessMark } from "@baton/journal/embedded/process-mark";

interface Holder extends ProcessMark {
  readonly command: string;
  readonly startedAt: string;
}

/**
 * What is held: `conductor` by who brings a platform up or drives a run, `rollback` by who takes one back beside an idle
 * `baton start`, `stand-by` by who waits to take over. Whoever stops everything stops the holders of all of them first, and
 * who stands by before whom it stands by for. `server` is held by who answers people over HTTP, and drives nothing: it goes first, so
 * that nobody is started any more.
 */
export type Slot = "conductor" | "rollback" | "stand-by" | "server";
export const SLOTS: readonly Slot[] = ["server", "stand-by", "rollback", "conductor"];

const lockFile = (stateDir: string, slot: Slot): string => join(stateDir, `${slot}.json`);

/** Who conducts on this state folder right now; null when nobody does. */
export async function conductorHere(stateDir: string, slot: Slot = "conductor"): Promise<Holder | null> {
  try {
    const holder = JSON.parse(await readFile(lockFile(stateDir, slot), "utf8")) as Holder;
    return (await isRunning(holder)) ? holder : null;
  } catch {
    return null;
  }
}

const running = (holder: Omit<Holder, "startMark">): Problem => ({
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
  slot: Slot = "conductor",
): Promise<Result<{ release(): Promise<void> }>> {
  const file = lockFile(stateDir, slot);
  // Written aside and linked into place, so that nobody ever reads half a lock and takes it for a stale one.
  const aside = `${file}.${process.pid}`;
  const self = (await markOf(process.pid)) ?? { pid: process.pid, startMark: "unknown" };
  const mine: Holder = { ...self, command, startedAt: new Date().toISOString() };
  try {
    await makeFolder(stateDir);
    await writeFile(aside, JSON.stringify(mine), { mode: 0o600 });
    for (let attempt = 0; attempt < 2; attempt++) {
      if (await linked(aside, file)) return ok({ release: () => release(stateDir, slot) });
      const holder = await conductorHere(stateDir, slot);
      if (holder) return failed(running(holder));
      await rm(file, { force: true }); // left behind by a conductor that was killed
    }
    return failed(running({ pid: 0, command, startedAt: "just now" }));
  } catch (error) {
    return failed(stateDirProblem(stateDir, error));
  } finally {
    await rm(aside, { force: true }).catch(() => undefined);
  }
}

async function linked(aside: string, file: string): Promise<boolean> {
  try {
    await link(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Only one's own: the folder may have been begun again by another meanwhile. */
async function release(stateDir: string, slot: Slot): Promise<void> {
  const holder = await conductorHere(stateDir, slot);
  if (holder?.pid === process.pid) await rm(lockFile(stateDir, slot), { force: true });
}
