import { setTimeout as pause } from "node:timers/promises";
import { ProblemError, type Restoration } from "@baton/core";
import type pg from "pg";
import { restoreEpoch, stillUsed } from "./restore-problems.ts";

const FENCE = "baton.restore_epoch";
const MARK = "baton.restored";
const LOST = "baton.lost";
const SESSIONS_END_MS = 10_000;

/** Names of the databases of one restoration. PostgreSQL cuts names at 63 bytes; tenants' names stay told apart. */
export interface SwapNames {
  readonly present: string;
  /** Made from the backup by the conductor of this epoch; an older one's is swept away. */
  readonly fresh: string;
  readonly freshOfAny: string;
  readonly aside: string;
  /** A restored one that was taken back after it had been written to. */
  readonly undone: string;
}

export function swapNames(database: string, { id, epoch }: Restoration): SwapNames {
  const base = `${database.slice(0, 30)}__`;
  return {
    present: database,
    fresh: `${base}new_${id}_${epoch}`,
    freshOfAny: `${base}new_${id}_`,
    aside: `${base}aside_${id}`,
    undone: `${base}undone_${id}`,
  };
}

/** A database as the server's list has it. */
export interface ListedDatabase {
  readonly name: string;
  readonly open: boolean;
  readonly fence: number;
  /** The restoration it was made by, once it is whole and compared. */
  readonly mark: string | null;
  readonly lost: string | null;
}

/** Every database of the server, with Baton's notes on it. */
export async function listDatabases(client: pg.Client): Promise<ReadonlyMap<string, ListedDatabase>> {
  const setting = (name: string): string =>
    `(select substr(c, strpos(c, '=') + 1) from unnest(s.setconfig) c where split_part(c, '=', 1) = '${name}')`;
  const { rows } = await client.query<ListedDatabase>(
    `select d.datname as name, d.datallowconn as open, coalesce(${setting(FENCE)}, '0')::float8 as fence,
            ${setting(MARK)} as mark, ${setting(LOST)} as lost
       from pg_database d left join pg_db_role_setting s on s.setdatabase = d.oid and s.setrole = 0`,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** Writes one of Baton's notes on a database; null takes it away. */
async function note(client: pg.Client, database: string, name: string, value: string | null): Promise<void> {
  const what = value === null ? `reset ${name}` : `set ${name} = ${client.escapeLiteral(value)}`;
  await client.query(`alter database ${client.escapeIdentifier(database)} ${what}`);
}

export const markRestored = (client: pg.Client, database: string, id: string): Promise<void> =>
  note(client, database, MARK, id);

/**
 * Runs `work` in one transaction under a lock of the tenant's and under this conductor's epoch: refused where a newer one has
 * been here, and no older one gets in afterwards.
 */
export async function fenced<T>(
  client: pg.Client,
  names: SwapNames,
  epoch: number,
  work: (databases: ReadonlyMap<string, ListedDatabase>) => Promise<T>,
): Promise<T> {
  await client.query("begin");
  try {
    await client.query("set local lock_timeout = '60s'");
    await client.query("select pg_advisory_xact_lock(hashtextextended('baton.restore:' || $1, 0))", [
      names.present,
    ]);
    const databases = await listDatabases(client);
    const newest = databases.get(names.present)?.fence ?? 0;
    if (newest > epoch) throw new ProblemError(restoreEpoch(epoch, newest));
    if (newest < epoch && databases.has(names.present))
      await note(client, names.present, FENCE, String(epoch));
    const result = await work(databases);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/** Lets sessions in, or no new ones. */
export async function allowConnections(client: pg.Client, database: string, allow: boolean): Promise<void> {
  await client.query(`alter database ${client.escapeIdentifier(database)} with allow_connections ${allow}`);
}

/** Ends every session on a closed database but `spared`, and shows that none is left and no transaction is prepared. */
export async function endSessions(client: pg.Client, database: string, spared: number | null): Promise<void> {
  const end = performance.now() + SESSIONS_END_MS;
  for (;;) {
    const { rows } = await client.query<{ pid: number }>(
      `select pid, pg_terminate_backend(pid) from pg_stat_activity
        where datname = $1 and pid <> pg_backend_pid() and pid is distinct from $2::int`,
      [database, spared],
    );
    if (rows.length === 0) break;
    if (performance.now() > end) throw new ProblemError(stillUsed(database, rows.length));
    await pause(20);
  }
  const prepared = await client.query("select 1 from pg_prepared_xacts where database = $1", [database]);
  if ((prepared.rowCount ?? 0) > 0) throw new ProblemError(stillUsed(database, prepared.rowCount ?? 0));
}

/** The new database takes the place of the old one, in one transaction with the fence: nobody ever sees neither. */
export function swapIn(
  client: pg.Client,
  names: SwapNames,
  epoch: number,
  lost: readonly string[],
): Promise<void> {
  return fenced(client, names, epoch, async (databases) => {
    if (databases.has(names.present)) {
      await note(client, names.present, LOST, JSON.stringify(lost));
      await rename(client, names.present, names.aside);
    }
    await rename(client, names.fresh, names.present);
    await note(client, names.present, FENCE, String(epoch));
  });
}

/** The old database takes its place again; the restored one is closed and waits under a name of its own. */
export function swapBack(client: pg.Client, names: SwapNames, epoch: number): Promise<void> {
  return fenced(client, names, epoch, async (databases) => {
    if (databases.has(names.present)) await rename(client, names.present, names.undone);
    await rename(client, names.aside, names.present);
    await note(client, names.present, FENCE, String(epoch));
    await note(client, names.present, LOST, null);
    await allowConnections(client, names.present, true);
  });
}

const rename = (client: pg.Client, from: string, to: string) =>
  client.query(`alter database ${client.escapeIdentifier(from)} rename to ${client.escapeIdentifier(to)}`);

/** Drops what a restoration made and did not put in place, an older conductor's too. `keep` is left. */
export async function sweepFresh(client: pg.Client, names: SwapNames, keep: string | null): Promise<void> {
  for (const name of (await listDatabases(client)).keys())
    if (name.startsWith(names.freshOfAny) && name !== keep)
      await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
}
