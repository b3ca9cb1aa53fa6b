import {
  ProblemError,
  type Restoration,
  type RestorationReport,
  type RestorationState,
  wouldLose,
} from "@baton/core";
import type pg from "pg";
import { onDatabase, withConnection } from "./connection.ts";
import type { Restored } from "./database-backup.ts";
import type { EntrySums } from "./frames.ts";
import { lossesOf, sumsOfDatabase } from "./losses.ts";
import {
  allowConnections,
  endSessions,
  fenced,
  type ListedDatabase,
  listDatabases,
  markRestored,
  type SwapNames,
  swapBack,
  swapIn,
  swapNames,
  sweepFresh,
} from "./swap.ts";

/** One restoration with the ways to do it. */
export interface RestoreWork {
  readonly restoration: Restoration;
  /** Connection string to a database of the server that is none of those renamed. */
  readonly admin: string;
  /** The tenant's database. */
  readonly database: string;
  readonly signal: AbortSignal;
  /** Makes a database of this name from the backup, and compares it. */
  load(database: string): Promise<Restored>;
  /** What the backup's tables come to. */
  kept(): Promise<ReadonlyMap<string, EntrySums>>;
}

type Databases = ReadonlyMap<string, ListedDatabase>;

const restored = (databases: Databases, names: SwapNames, id: string): boolean =>
  databases.get(names.present)?.mark === id;

/** How far a restoration is, read from the server's own list of databases. */
export function observeRestore({ restoration, admin, database }: RestoreWork): Promise<RestorationState> {
  const names = swapNames(database, restoration);
  return withConnection(admin, async (client) => {
    const databases = await listDatabases(client);
    const present = databases.get(database);
    if (present?.mark === restoration.id)
      return { state: "present", detail: `${database} was restored from ${restoration.file}.` };
    const begun = [...databases.keys()].some((name) => name.startsWith(names.freshOfAny));
    if (begun || present?.open === false || databases.has(names.aside))
      return { state: "partial", detail: `${database} is being restored, and has not been replaced yet.` };
    return { state: "absent", detail: `${database} is not restored from ${restoration.file}.` };
  });
}

/** Goes on from wherever a restoration stands; see `BackupsPort.restore`. */
export function performRestore(work: RestoreWork, maintenance: boolean): Promise<RestorationReport> {
  const { restoration, admin, database, signal } = work;
  const names = swapNames(database, restoration);
  const begun = performance.now();
  return withConnection(admin, async (client) => {
    const databases = await fenced(client, names, restoration.epoch, async (all) => all);
    if (restored(databases, names, restoration.id)) return again(work, names, databases);
    await sweepFresh(client, names, names.fresh);
    const made = await freshDatabase(client, work, names);
    signal.throwIfAborted();
    const lost = databases.has(database) ? await closeAndCount(client, work, names, maintenance) : [];
    await swapIn(client, names, restoration.epoch, lost);
    const there = databases.has(database);
    return {
      ...made,
      setAside: there ? names.aside : null,
      seconds: (performance.now() - begun) / 1000,
      lost,
    };
  });
}

/** The restoration was through already: what it did is read again from what it left. */
async function again(work: RestoreWork, names: SwapNames, databases: Databases): Promise<RestorationReport> {
  const sums = [...(await work.kept()).values()];
  const aside = databases.get(names.aside);
  return {
    tables: sums.length,
    rows: sums.reduce((total, one) => total + one.rows, 0),
    setAside: aside === undefined ? null : names.aside,
    seconds: 0,
    lost: JSON.parse(aside?.lost ?? "[]") as string[],
  };
}

async function freshDatabase(
  client: pg.Client,
  work: RestoreWork,
  names: SwapNames,
): Promise<{ readonly tables: number; readonly rows: number }> {
  const { admin, restoration } = work;
  const whole = (await listDatabases(client)).get(names.fresh)?.mark === restoration.id;
  if (whole) {
    const sums = [...(await work.kept()).values()];
    return { tables: sums.length, rows: sums.reduce((total, one) => total + one.rows, 0) };
  }
  const { tables, rows } = await work.load(names.fresh);
  await raiseStageEpoch(onDatabase(admin, names.fresh), restoration.epoch);
  await markRestored(client, names.fresh, restoration.id);
  return { tables, rows };
}

/** The backup's epochs are older than those that have worked on this tenant since: an older conductor must stay shut out. */
async function raiseStageEpoch(url: string, epoch: number): Promise<void> {
  await withConnection(url, async (client) => {
    const { rows } = await client.query("select to_regclass('baton.migration_stage') is not null as there");
    if (rows[0]?.there === true)
      await client.query("update baton.migration_stage set epoch = $1 where epoch < $1", [epoch]);
  });
}

/**
 * Closes the tenant's database to everybody and counts what a restore would take out of service. From here on nothing more is
 * acknowledged in it. Where that must not be, it is opened again.
 */
async function closeAndCount(
  client: pg.Client,
  work: RestoreWork,
  names: SwapNames,
  maintenance: boolean,
): Promise<readonly string[]> {
  const { admin, database, restoration, signal } = work;
  const epoch = restoration.epoch;
  const set = (open: boolean) => fenced(client, names, epoch, () => allowConnections(client, database, open));
  // A try that was cut off may have left it closed, and what is closed cannot be counted.
  await set(true);
  const kept = await work.kept();
  try {
    // One session is taken in, the door is closed behind it, and it counts.
    const present = await sumsOfDatabase(onDatabase(admin, database), signal, async (pid) => {
      await set(false);
      await endSessions(client, database, pid);
    });
    const losses = lossesOf(kept, present);
    if (losses.length > 0 && !maintenance) throw new ProblemError(wouldLose(restoration.tenant, losses));
    return losses;
  } catch (error) {
    await set(true).catch(() => undefined);
    throw error;
  }
}

/** Goes back from wherever a restoration stands; see `BackupsPort.takeBack`. */
export function undoRestore(work: RestoreWork): Promise<{ readonly kept: string | null }> {
  const { restoration, admin, database, signal } = work;
  const names = swapNames(database, restoration);
  return withConnection(admin, async (client) => {
    const databases = await fenced(client, names, restoration.epoch, async (all) => all);
    await sweepFresh(client, names, null);
    const there = databases.get(database);
    if (restored(databases, names, restoration.id) && databases.has(names.aside)) {
      await fenced(client, names, restoration.epoch, () => allowConnections(client, database, false));
      await endSessions(client, database, null);
      await swapBack(client, names, restoration.epoch);
      return { kept: await dropUnlessWritten(client, work, names) };
    }
    if (databases.has(names.undone)) return { kept: await dropUnlessWritten(client, work, names) };
    if (there?.open === false)
      await fenced(client, names, restoration.epoch, () => allowConnections(client, database, true));
    signal.throwIfAborted();
    return { kept: null };
  });
}

/** A restored database that nobody wrote to holds nothing that the backup has not. */
async function dropUnlessWritten(
  client: pg.Client,
  work: RestoreWork,
  names: SwapNames,
): Promise<string | null> {
  await allowConnections(client, names.undone, true);
  const written = lossesOf(
    await work.kept(),
    await sumsOfDatabase(onDatabase(work.admin, names.undone), work.signal),
  );
  if (written.length === 0) {
    await client.query(`drop database if exists ${client.escapeIdentifier(names.undone)} with (force)`);
    return null;
  }
  await allowConnections(client, names.undone, false);
  return names.undone;
}
