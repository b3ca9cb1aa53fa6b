import {
  failed,
  ok,
  type Platform,
  type ResolvePort,
  type Result,
  Tenant,
  type TenantsPort,
} from "@baton/core";
import pg from "pg";
import { z } from "zod";

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;

const Row = z.object({ id: z.string(), ring: z.string(), database: z.string() });

/** What the tenants are read by: the platform's query, and the way to its databases. */
export interface PostgresTenantsOptions {
  readonly tenants: Platform["tenants"];
  readonly resolve: ResolvePort;
}

/**
 * Tenants from a table of the platform's own, one database each on the same server. Connections are opened for one
 * question and closed. Problems: `BATON-TENANTS-UNREADABLE`, `-SHAPE`, `-RING`, `-UNKNOWN`.
 */
export function createPostgresTenants(options: PostgresTenantsOptions): TenantsPort {
  // A tenant keeps its database for life, so a database once known is not asked for again.
  const databases = new Map<string, string>();
  const list = async () => {
    const tenants = await listTenants(options);
    if (tenants.ok) for (const { id, database } of tenants.value) databases.set(id, database);
    return tenants;
  };
  return {
    list,
    async connection(tenant) {
      if (!databases.has(tenant)) {
        const tenants = await list();
        if (!tenants.ok) return tenants;
      }
      const database = databases.get(tenant);
      if (database === undefined) {
        return failed({
          code: "BATON-TENANTS-UNKNOWN",
          message: `There is no tenant ${tenant}.`,
          remedy: "See `baton status` for the tenants there are.",
        });
      }
      const admin = await options.resolve.text("${database.baton}");
      return admin.ok ? ok(withDatabase(admin.value, database)) : admin;
    },
  };
}

/** The same server and login, another database. */
export function withDatabase(connection: string, database: string): string {
  const url = new URL(connection);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.toString();
}

async function listTenants({ tenants, resolve }: PostgresTenantsOptions): Promise<Result<readonly Tenant[]>> {
  const connection = await resolve.text(`\${database.${tenants.query.database}}`);
  if (!connection.ok) return connection;
  const rows = await query(connection.value, tenants.query.sql);
  if (!rows.ok) return rows;
  const parsed = z.array(Row).safeParse(rows.value);
  if (!parsed.success) {
    return failed({
      code: "BATON-TENANTS-SHAPE",
      message: "The tenants query did not return the text columns id, ring and database.",
      remedy: "Correct `tenants.query.sql` in platform.yaml.",
    });
  }
  const strange = parsed.data.filter((row) => !tenants.rings.includes(row.ring));
  if (strange.length > 0) {
    return failed(
      ...strange.map((row) => ({
        code: "BATON-TENANTS-RING" as const,
        message: `Tenant ${row.id} is in ring ${row.ring}, which platform.yaml does not name.`,
        remedy: `Add the ring to \`tenants.rings\` or move the tenant to one of ${tenants.rings.join(", ")}.`,
      })),
    );
  }
  const host = new URL(connection.value).host;
  return ok(parsed.data.map((row) => Tenant.parse({ ...row, host })));
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
