import { ok, type Result } from "@baton/core";
import type { PoolClient, QueryConfig } from "pg";
import { journalProblem } from "../problems.ts";
import type { Database } from "./database.ts";
import { type SchemaMigration, schemaMigrations } from "./schema.ts";

const oldestServer = 150_000;
/** A change of a long journal, or the wait for another program's, takes longer than any other statement may. */
const upgradeMs = 3_600_000;

/**
 * Brings the schema `baton_journal` to the version of this program, in one transaction: a program that is cut off in the
 * middle leaves the version that was there. Fails with `BATON-JOURNAL-NEWER` when a newer program has been here, and
 * `BATON-JOURNAL-SERVER` when the server is older than PostgreSQL 15; nothing is changed then. `migrations` are those of
 * this program; a test may name others.
 */
export async function migrateJournal(
  database: Database,
  migrations: readonly SchemaMigration[] = schemaMigrations,
): Promise<Result<void>> {
  const newest = migrations.at(-1)?.number ?? 0;
  const state = await database.session(look);
  if (!state.ok) return state;
  const { server, version } = state.value;
  if (server < oldestServer)
    return journalProblem(
      "BATON-JOURNAL-SERVER",
      `The journal's database runs PostgreSQL ${Math.floor(server / 10_000)}; Baton needs 15 or newer.`,
      "Name a newer server in DATABASE_URL, or leave it out to use the one that comes with Baton.",
    );
  if (version > newest) return newerProblem(version, newest);
  if (version === newest) return ok(undefined);
  const reached = await database.session((client) => bringUp(client, migrations));
  if (!reached.ok) return reached;
  return reached.value > newest ? newerProblem(reached.value, newest) : ok(undefined);
}

const newerProblem = (version: number, newest: number): Result<never> =>
  journalProblem(
    "BATON-JOURNAL-NEWER",
    `The journal has schema version ${version}; this program knows ${newest}.`,
    "Use the newer Baton that made it, or another database.",
    { found: version, known: newest },
  );

async function look(client: PoolClient): Promise<{ server: number; version: number }> {
  const { rows } = await client.query<{ server: string; present: boolean }>(
    `select current_setting('server_version_num') as server,
            to_regclass('baton_journal.schema_version') is not null as present`,
  );
  const server = Number(rows[0]?.server ?? 0);
  return { server, version: rows[0]?.present === true ? await schemaVersion(client) : 0 };
}

async function schemaVersion(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    "select coalesce(max(number), 0)::int as version from baton_journal.schema_version",
  );
  return rows[0]?.version ?? 0;
}

/** One transaction under a lock: programs that open a new journal at the same time wait for the first one. */
async function bringUp(client: PoolClient, migrations: readonly SchemaMigration[]): Promise<number> {
  const patiently = async (text: string): Promise<void> => {
    // pg reads this field of any statement; its types know it of connections only.
    const statement: QueryConfig & { query_timeout: number } = { text, query_timeout: upgradeMs };
    await client.query(statement);
  };
  await client.query("begin");
  try {
    await patiently("select pg_advisory_xact_lock(hashtextextended('baton_journal.schema', 0))");
    await client.query(
      `create schema if not exists baton_journal;
       create table if not exists baton_journal.schema_version (
         number int primary key, name text not null, applied_at timestamptz not null default now())`,
    );
    let version = await schemaVersion(client);
    for (const migration of migrations) {
      if (migration.number <= version) continue;
      await patiently(migration.sql);
      await client.query("insert into baton_journal.schema_version (number, name) values ($1, $2)", [
        migration.number,
        migration.name,
      ]);
      version = migration.number;
    }
    await client.query("commit");
    return version;
  } catch (error) {
    await client.query("rollback").catch(() => undefined); // the first error is the one that says something
    throw error;
  }
}
