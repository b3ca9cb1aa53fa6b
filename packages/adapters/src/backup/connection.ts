import pg from "pg";

const CONNECT_MS = 10_000;

/** What COPY writes depends on these; with them the same rows give the same text on every server. */
const SETTINGS = [
  "set datestyle = 'ISO, YMD'",
  "set intervalstyle = 'postgres'",
  "set timezone = 'UTC'",
  "set extra_float_digits = 3",
  "set bytea_output = 'hex'",
  "set xmloption = 'content'",
  "set client_encoding = 'UTF8'",
  "set synchronize_seqscans = off",
  "set row_security = off",
  "set statement_timeout = 0",
  "set idle_in_transaction_session_timeout = 0",
  // A backup gives way to live traffic: a lock not had soon is asked for again.
  "set lock_timeout = '2s'",
  "set check_function_bodies = off",
  "set client_min_messages = warning",
  // Names in what PostgreSQL prints are whole then.
  "select pg_catalog.set_config('search_path', '', false)",
];

/** Opens one connection with settings that make texts comparable, lends it and closes it, whatever happens. */
export async function withConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: "baton backup",
    keepAlive: true,
  });
  client.on("error", () => undefined); // its loss shows up as the error of the statement that was under way
  try {
    await client.connect();
    for (const setting of SETTINGS) await client.query(setting);
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** `150004` and the like: the server's version as a number that can be compared. */
export async function serverVersion(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ version: string }>(
    "select current_setting('server_version_num') as version",
  );
  return Number(rows[0]?.version ?? 0);
}

/** The database a connection string names. */
export const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

/** The same server and login, another database. */
export function onDatabase(url: string, database: string): string {
  const target = new URL(url);
  target.pathname = `/${encodeURIComponent(database)}`;
  return target.toString();
}
