import type { Json, Result } from "@baton/core";
import { createDatabase } from "./database.ts";

/** What a server is set to and how it stands, by topic. No statement's text and no row of anybody's. */
export type ServerFacts = Readonly<Record<string, readonly Json[]>>;

/** Bounded, so that a look at a server in trouble adds none of its own. */
const LIMITS = "set statement_timeout = '10s'; set lock_timeout = '1s'";

const QUESTIONS: Readonly<Record<string, string>> = {
  version: "select version(), pg_postmaster_start_time() as started, pg_is_in_recovery() as replica",
  settings: `select name, setting, unit, source from pg_settings
    where source not in ('default', 'override') order by name`,
  databases: `select d.datname as name, pg_database_size(d.oid)::bigint::text as bytes, d.datallowconn as open,
      s.numbackends as connections, s.xact_commit::text as commits, s.xact_rollback::text as rollbacks,
      s.deadlocks::text as deadlocks, s.temp_bytes::text as "temporaryBytes"
    from pg_database d left join pg_stat_database s on s.datid = d.oid
    where has_database_privilege(d.oid, 'connect') order by pg_database_size(d.oid) desc limit 500`,
  journal: `select c.relname as name, pg_total_relation_size(c.oid)::bigint::text as bytes, c.reltuples::bigint::text as rows
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'baton_journal' and c.relkind = 'r' order by 1`,
  connections: `select datname as database, usename as role, application_name as program, state, wait_event_type as "waitsFor",
      wait_event as "waitsOn", count(*)::int as count, max(extract(epoch from now() - xact_start))::int as "longestTransactionSeconds"
    from pg_stat_activity group by 1, 2, 3, 4, 5, 6 order by count desc limit 500`,
  locksWaitedFor: `select l.pid, l.locktype as kind, l.mode, a.datname as database, a.application_name as program,
      pg_blocking_pids(l.pid) as "heldBy", extract(epoch from now() - a.query_start)::int as seconds
    from pg_locks l left join pg_stat_activity a on a.pid = l.pid where not l.granted limit 200`,
};

/**
 * Asks a PostgreSQL for its version, settings, sizes, connections and locks, for a person who looks for a fault. Each answer
 * that the server refuses is told in its place as `{"unknown": why}`. Problems: those of a journal that cannot be reached.
 */
export async function serverFacts(url: string): Promise<Result<ServerFacts>> {
  const database = createDatabase(url, 1);
  if (!database.ok) return database;
  try {
    return await database.value.session(async (client) => {
      await client.query(LIMITS);
      const facts: Record<string, readonly Json[]> = {};
      for (const [topic, text] of Object.entries(QUESTIONS)) {
        facts[topic] = await client.query(text).then(
          ({ rows }) => JSON.parse(JSON.stringify(rows)) as Json[],
          (error: unknown) => [{ unknown: error instanceof Error ? error.message : String(error) }],
        );
      }
      return facts;
    });
  } finally {
    await database.value.close();
  }
}
