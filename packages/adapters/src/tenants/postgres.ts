import {
  failed,
  ok,
  type Platform,
  type Problem,
  type ResolvePort,
  type Result,
  Tenant,
  type TenantsPort,
} from "@baton/core";
import pg from "pg";
import { z } from "zod";

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;

const Row = z.object({
  id: z.string(),
  ring: z.string(),
  database: z.string(),
  /** One of the platform's `servers`; absent or null: the platform's own. */
  server: z.string().nullish(),
});
type Row = z.infer<typeof Row>;

/** What the tenants are read by: the platform's query, and the way to its databases. */
export interface PostgresTenantsOptions {
  readonly tenants: Platform["tenants"];
  /** Names of the platform's further servers. */
  readonly servers: readonly string[];
  readonly resolve: ResolvePort;
}

/**
 * Tenants from a table of the platform's own, one database each, on the platform's own server or on the one their row names.
 * Connections are opened for one question and closed. Problems: `BATON-TENANTS-UNREADABLE`, `-SHAPE`, `-RING`, `-SERVER`,
 * `-UNKNOWN`.
 */
export function createPostgresTenants(options: PostgresTenantsOptions): TenantsPort {
  // A tenant keeps its database for life, so a way in once known is not asked for again.
  const known = new Map<string, Row>();
  const read = async () => {
    const rows = await readRows(options);
    if (rows.ok) for (const row of rows.value) known.set(row.id, row);
    return rows;
  };
  return {
    async list() {
      const rows = await read();
      return rows.ok ? withHosts(rows.value, options.resolve) : rows;
    },
    async connection(tenant) {
      if (!known.has(tenant)) {
        const rows = await read();
        if (!rows.ok) return rows;
      }
      const row = known.get(tenant);
      if (row === undefined) {
        return failed({
          code: "BATON-TENANTS-UNKNOWN",
          message: `There is no tenant ${tenant}.`,
          remedy: "See `baton status` for the tenants there are.",
        });
      }
      const admin = await options.resolve.text(serverOf(row));
      return admin.ok ? ok(withDatabase(admin.value, row.database)) : admin;
    },
  };
}

/** The template of a connection with all rights to the server that a tenant's database is on. */
const serverOf = ({ server }: Row): string => (server ? `\${server.${server}}` : "${database.baton}");

/** The same server and login, another database. */
export function withDatabase(connection: string, database: string): string {
  const url = new URL(connection);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.toString();
}

/** The tenants with the hosts of their servers, each server asked for once. */
async function withHosts(rows: readonly Row[], resolve: ResolvePort): Promise<Result<readonly Tenant[]>> {
  const hosts = new Map<string, string>();
  for (const template of new Set(rows.map(serverOf))) {
    const url = await resolve.text(template);
    if (!url.ok) return url;
    hosts.set(template, new URL(url.value).host);
  }
  return ok(
    rows.map((row) => {
      const { id, ring, database } = row;
      return Tenant.parse({ id, ring, database, host: hosts.get(serverOf(row)) ?? "" });
    }),
  );
}

async function readRows({
  tenants,
  servers,
  resolve,
}: PostgresTenantsOptions): Promise<Result<readonly Row[]>> {
  const connection = await resolve.text(`\${database.${tenants.query.database}}`);
  if (!connection.ok) return connection;
  const rows = await query(connection.value, tenants.query.sql);
  if (!rows.ok) return rows;
  const parsed = z.array(Row).safeParse(rows.value);
  if (!parsed.success) {
    return failed({
      code: "BATON-TENANTS-SHAPE",
      message:
        "The tenants query did not return the text columns id, ring and database, and server where it has one.",
      remedy: "Correct `tenants.query.sql` in platform.yaml.",
    });
  }
  const strange = parsed.data.flatMap((row) => strangeIn(row, tenants.rings, servers));
  return strange.length > 0 ? failed(...strange) : ok(parsed.data);
}

/** What a tenant's row names and the platform does not know. */
function strangeIn(
  { id, ring, server }: Row,
  rings: readonly string[],
  servers: readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  if (!rings.includes(ring))
    problems.push({
      code: "BATON-TENANTS-RING",
      message: `Tenant ${id} is in ring ${ring}, which platform.yaml does not name.`,
      remedy: `Add the ring to \`tenants.rings\` or move the tenant to one of ${rings.join(", ")}.`,
    });
  if (server && !servers.includes(server))
    problems.push({
      code: "BATON-TENANTS-SERVER",
      message: `Tenant ${id} is on the server ${server}, which platform.yaml does not name.`,
      remedy: "Add the server to `servers` in platform.yaml, with the variable that holds its address.",
    });
  return problems;
}

async function query(connectionString: string, sql: string): Promise<Result<readonly unknown[]>> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: "baton tenants",
  });
  // A connection that breaks while idle must not end the process; the query in hand reports it.
  client.on("error", () => {});
  try {
    await client.connect();
    return ok((await client.query(sql)).rows);
  } catch (error) {
    return failed({
      code: "BATON-TENANTS-UNREADABLE",
      message: `The tenants cannot be read: ${error instanceof Error ? error.message : "the query failed"}.`,
      remedy: "See whether PostgreSQL runs (`baton status`) and whether the platform is seeded.",
    });
  } finally {
    await client.end().catch(() => {});
  }
}
