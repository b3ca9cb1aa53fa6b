import type pg from "pg";

/** All that sign-in keeps beside the journal. Secrets stand there as their hashes; an attempt's own are good for nothing without the browser it began in. */
const TABLES = `
create schema if not exists baton_server;
create table if not exists baton_server.sessions (
  hash text primary key,
  kind text not null check (kind in ('browser', 'cli')),
  person text not null,
  name text not null,
  via text not null,
  created_at bigint not null,
  seen_at bigint not null,
  expires_at bigint not null
);
create table if not exists baton_server.attempts (
  hash text primary key,
  kind text not null check (kind in ('browser', 'cli')),
  data jsonb not null,
  expires_at bigint not null
);
create table if not exists baton_server.accounts (
  name text primary key,
  password text not null,
  created_at bigint not null
);
`;

/** Makes the tables where they are not there. Servers that start at the same moment wait for each other. */
export async function createTables(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock(hashtextextended('baton_server.schema', 0))");
    await client.query(TABLES);
    await client.query("commit");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
