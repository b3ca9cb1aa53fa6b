import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";

/** Write rights that a role still has on a table, as in `prompt_versions: UPDATE`. */
export async function writeRights(
  client: pg.Client,
  role: string,
  tables: readonly string[],
): Promise<readonly string[]> {
  const known = await client.query("select 1 from pg_roles where rolname = $1", [role]);
  if (known.rowCount === 0) return []; // a role that is not there writes nothing
  const { rows } = await client.query<{ held: string }>(
    `select t || ': ' || r as held
       from unnest($2::text[]) t, unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) r
      where has_table_privilege($1, t, r)
         or (r in ('INSERT', 'UPDATE') and has_any_column_privilege($1, t, r))
      order by 1`,
    [role, tables],
  );
  return rows.map((row) => row.held);
}

/** A transaction that could still bring in what the old writers wrote. */
export interface OldTransaction {
  /** Null for a prepared transaction, which belongs to no process. */
  readonly pid: number | null;
  readonly state: string;
  readonly seconds: number;
}

/**
 * Transactions begun before `since` (a time as PostgreSQL prints it, to the microsecond) that belong to the role, or that hold a write lock on one of the tables under another
 * name (a session can take on a role). Prepared ones count too.
 */
export async function oldTransactions(
  client: pg.Client,
  role: string,
  tables: readonly string[],
  since: string,
): Promise<readonly OldTransaction[]> {
  const { rows } = await client.query<OldTransaction>(
    `select a.pid, coalesce(a.state, 'unknown') as state,
            extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds
       from pg_stat_activity a
      where a.datname = current_database() and a.pid <> pg_backend_pid() and (a.xact_start < $3::timestamptz or a.state = 'disabled')
        and (a.usename = $1 or exists (
              select 1 from pg_locks l
               where l.pid = a.pid and l.locktype = 'relation' and l.granted and l.mode = 'RowExclusiveLock'
                 and l.database = (select oid from pg_database where datname = current_database())
                 and l.relation in (select to_regclass(t) from unnest($2::text[]) t)))
     union all
     select null, 'prepared', extract(epoch from clock_timestamp() - p.prepared)::float8
       from pg_prepared_xacts p
      where p.database = current_database() and p.owner = $1`,
    [role, tables, since],
  );
  return rows;
}

/** How the wait for the old writers' open transactions ended. */
export interface Drained {
  /** Sessions that were idle in a transaction for the whole wait and were ended. */
  readonly ended: number;
  /** What is still open. Empty: nothing of the old writers can come any more. */
  readonly open: readonly OldTransaction[];
}

/**
 * Waits until none of the old writers' transactions is open. When the time is over, those of the role that are idle in a
 * transaction are ended (they are rolled back; nobody was told that they were written), and a second is left to the rest.
 */
export async function drainOldTransactions(
  client: pg.Client,
  options: {
    readonly role: string;
    readonly tables: readonly string[];
    readonly since: string;
    readonly waitSeconds: number;
    readonly signal: AbortSignal;
  },
): Promise<Drained> {
  const { role, tables, since, signal } = options;
  const look = () => oldTransactions(client, role, tables, since);
  const until = async (seconds: number): Promise<readonly OldTransaction[]> => {
    const deadline = performance.now() + seconds * 1_000;
    for (;;) {
      const open = await look();
      if (open.length === 0 || performance.now() >= deadline) return open;
      await pause(25, undefined, { signal });
    }
  };
  const left = await until(options.waitSeconds);
  if (left.length === 0) return { ended: 0, open: [] };
  const ended = await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and usename = $1 and xact_start < $2::timestamptz and state like 'idle in transaction%'`,
    [role, since],
  );
  return { ended: ended.rowCount ?? 0, open: await until(1) };
}
