import pg from "pg";
import { type LivePlatform, steady } from "./live-platform.ts";

/** Opens one connection, lends it to the work and closes it. */
export async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Works in Baton's own database as the server's administrator. */
export const asAdmin = async <T>(
  { session }: Pick<LivePlatform, "session">,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> => connected(await steady(() => session.supervisor.resolve("${database.baton}")), work);

/** Name of a tenant's database. */
export async function databaseOf(
  { session }: Pick<LivePlatform, "session">,
  tenant: string,
): Promise<string> {
  const found = (await steady(() => session.ports.tenants.list())).find((t) => t.id === tenant);
  if (found === undefined) throw new Error(`there is no tenant ${tenant}`);
  return found.database;
}

/** Ends every connection to a database. */
export const disconnect = (admin: pg.Client, database: string): Promise<unknown> =>
  admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
    [database],
  );
