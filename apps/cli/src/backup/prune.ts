import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { BATON, type BackupStore, backupProblems, backupStore } from "@baton/adapters";
import { findRuns, loadRun } from "@baton/conductor";
import {
  type Backup,
  expiredBackups,
  neededBackups,
  ok,
  type Problem,
  type Result,
  type Retention,
} from "@baton/core";
import type { BackupPlaces, Session } from "@baton/session";

/** The log that removals are written into. */
const LOG = "backups";

/** A backup that went, or would go. */
export interface PrunedBackup {
  readonly subject: string;
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970: the moment it is of. */
  readonly takenAt: number;
  readonly proven: boolean;
}

/** What retention did: what went, and where nothing was touched because something is not known. */
export interface Pruned {
  readonly removed: readonly PrunedBackup[];
  readonly problems: readonly Problem[];
}

/** What is to be looked at, and how. */
export interface Pruning {
  readonly session: Pick<Session, "journal" | "definition" | "where">;
  readonly places: BackupPlaces;
  readonly policy: Retention;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Only these; everybody's where not given. */
  readonly subjects?: ReadonlySet<string>;
  /** Says what would go and removes nothing. */
  readonly dryRun: boolean;
}

/**
 * Removes what the policy lets go, a database at a time. What cannot be read is a problem and nothing of that database goes; where
 * the runs cannot be read, nothing goes at all. Each removal is written into the log `backups` before it is done.
 */
export async function pruneBackups(pruning: Pruning): Promise<Pruned> {
  const { session, places, policy, now, subjects, dryRun } = pruning;
  const needs = await needsOf(session);
  if (!needs.ok) return { removed: [], problems: needs.problems };
  const stores = [
    { store: backupStore(places.baton, "baton"), names: async () => [BATON] },
    ...[places.databases, places.tenants].map((root) => ({
      store: backupStore(root),
      names: () => subjectsIn(root),
    })),
  ];
  const removed: PrunedBackup[] = [];
  const problems: Problem[] = [];
  const guarded = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      problems.push(...backupProblems(error, what));
    }
  };
  const ofSubject = async (store: BackupStore, subject: string): Promise<void> => {
    const all = await store.list(subject);
    for (const one of expiredBackups(all, policy, now, needs.value(all))) {
      const gone = prunedOf(one, store.path(subject, one.file));
      if (!dryRun) {
        await note(session.where.stateDir, gone, policy);
        await store.remove(subject, one.file);
      }
      removed.push(gone);
    }
  };
  for (const { store, names } of stores)
    await guarded("The folder of backups", async () => {
      for (const subject of (await names()).filter((name) => subjects?.has(name) ?? true))
        await guarded(`Backups of ${subject}`, () => ofSubject(store, subject));
    });
  return { removed, problems };
}

/** Which of somebody's backups runs may still go back to. */
type Needs = (all: readonly Backup[]) => ReadonlySet<string>;

/** Asks every run that is under way, or keeps something locked: half-way, or with parked tenants. */
async function needsOf({ journal, definition }: Pruning["session"]): Promise<Result<Needs>> {
  const runs = await findRuns(journal, definition.platform.environment);
  if (!runs.ok) return runs;
  const needs: Needs[] = [];
  for (const { run, ended, holds } of runs.value) {
    if (ended !== null && holds.length === 0) continue;
    const loaded = await loadRun(journal, run);
    if (!loaded.ok) return loaded;
    const { index, state } = loaded.value;
    needs.push((all) => neededBackups(index, state, all));
  }
  return ok((all) => new Set(needs.flatMap((need) => [...need(all)])));
}

/** Whose backups are in a folder: each has a folder of its own. */
async function subjectsIn(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries.filter((one) => one.isDirectory()).map(({ name }) => name);
}

const prunedOf = ({ tenant: subject, bytes, takenAt, proof }: Backup, path: string): PrunedBackup => ({
  subject,
  path,
  bytes,
  takenAt,
  proven: proof !== null,
});

/** One line for each, ahead of the removal: what goes without a line went by another hand. */
async function note(stateDir: string, gone: PrunedBackup, policy: Retention): Promise<void> {
  const { takenAt, ...facts } = gone;
  const line = { at: new Date().toISOString(), service: LOG, message: "removes a backup" };
  const said = { ...line, ...facts, takenAt: new Date(takenAt).toISOString(), ...policy };
  await appendFile(join(stateDir, "logs", `${LOG}.log`), `${JSON.stringify(said)}\n`, { mode: 0o600 });
}
