import { ProblemError } from "@baton/core";
import type pg from "pg";
import { type Counts, countObjects, unknownKinds } from "./catalogue.ts";
import { databaseOf, serverVersion, withConnection } from "./connection.ts";
import { unknownObjects } from "./problems.ts";
import { type DatabaseTraits, type Role, readRoles, readTraits } from "./schema/database.ts";
import { readObjects } from "./schema/objects.ts";
import { inOrder } from "./schema/order.ts";
import { type Rights, readRights } from "./schema/rights.ts";
import { type DataTable, readTables } from "./schema/tables.ts";

/** A database but for its rows: enough to make one like it. Holds roles' verifiers: a secret. */
export interface Contents {
  /** `server_version_num` of the server it was read on. */
  readonly server: number;
  readonly traits: DatabaseTraits;
  readonly roles: readonly Role[];
  /** Before the rows are loaded, and after. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly rights: Rights;
  readonly tables: readonly DataTable[];
  /** Sequences with where they stand. */
  readonly sequences: readonly { readonly name: string; readonly last: string; readonly called: boolean }[];
  readonly counts: Counts;
  /**
   * Milliseconds since 1970 by the server's clock: what was committed by then is in the snapshot. And its place in the write-ahead
   * log a moment later.
   */
  readonly takenAt: number;
  readonly lsn: string;
}

const TABLES = `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`;

/** The statement began before it took the snapshot: all that was committed by then is in it. */
const MOMENT = `select floor(extract(epoch from statement_timestamp()) * 1000)::float8 as "takenAt",
  (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as lsn`;

type Moment = Pick<Contents, "takenAt" | "lsn">;

const LOCK_TRIES = 15;

/**
 * Opens one repeatable-read snapshot of a database, reads what it consists of, and lends both: what `work` reads through the
 * connection is of that moment. Tables are held against a change of their shape meanwhile; reading and writing go on. `ready` is
 * called with the open connection ahead of the snapshot.
 */
export function inSnapshot<T>(
  url: string,
  signal: AbortSignal,
  work: (client: pg.Client, contents: Contents) => Promise<T>,
  ready: (client: pg.Client) => Promise<void> = async () => undefined,
): Promise<T> {
  return withConnection(url, async (client) => {
    await ready(client);
    const moment = await holdTables(client, signal);
    const contents = { ...(await readContents(client, databaseOf(url))), ...moment };
    const result = await work(client, contents);
    await client.query("commit");
    return result;
  });
}

/** The snapshot is taken after the locks, so that no table was rewritten in between; what came meanwhile is locked as well. */
async function holdTables(client: pg.Client, signal: AbortSignal): Promise<Moment> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    const names = (await client.query<{ name: string }>(TABLES)).rows.map((row) => row.name);
    try {
      await client.query("begin isolation level repeatable read read only");
      if (names.length > 0) await client.query(`lock table ${names.join(", ")} in access share mode`);
      const moment = await client.query<Moment>(MOMENT);
      const now = (await client.query<{ name: string }>(TABLES)).rows.map((row) => row.name);
      if (now.join() === names.join()) return moment.rows[0] ?? { takenAt: 0, lsn: "" };
      await client.query("rollback");
    } catch (error) {
      await client.query("rollback").catch(() => undefined);
      const code = error instanceof Error && "code" in error ? error.code : null;
      const again = code === "55P03" || code === "42P01"; // a lock not had in time; a table that has gone
      if (!again || tries >= LOCK_TRIES) throw error;
    }
  }
}

async function readContents(client: pg.Client, database: string): Promise<Omit<Contents, keyof Moment>> {
  const server = await serverVersion(client);
  const counts = await countObjects(client);
  const unknown = await unknownKinds(client, counts);
  if (unknown.length > 0) throw new ProblemError(unknownObjects(database, unknown));
  const { items, data } = await readTables(client, server);
  const order = await inOrder(client, database, [...items, ...(await readObjects(client))]);
  const sequences = await readSequenceValues(client);
  return {
    server,
    traits: await readTraits(client, server),
    roles: await readRoles(client),
    before: order.before.flatMap((item) => item.statements),
    after: order.after.flatMap((item) => item.statements),
    rights: await readRights(client),
    tables: data,
    sequences,
    counts,
  };
}

async function readSequenceValues(client: pg.Client): Promise<Contents["sequences"]> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'S' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`,
  );
  const values: Contents["sequences"][number][] = [];
  for (const { name } of rows) {
    const at = await client.query<{ last: string; called: boolean }>(
      `select last_value::text as last, is_called as called from ${name}`,
    );
    values.push({ name, last: at.rows[0]?.last ?? "1", called: at.rows[0]?.called ?? false });
  }
  return values;
}
