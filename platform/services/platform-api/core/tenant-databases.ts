import pg from "pg";
import { ApiError } from "../../../shared/api-error.ts";
import type { JsonLog } from "../../../shared/json-log.ts";
import { tenantRole, tenantRolePassword } from "../../../shared/tenant-roles.ts";

/** Connections one process keeps to one tenant's database at most. */
const POOL_MAX = 3;
const IDLE_MS = 10_000;
const CONNECT_MS = 10_000;
/** Shorter than the gateway waits for an answer, so that a request it gave up on has ended here too. */
const STATEMENT_MS = 15_000;

/** The tenants' databases as this release may use them. */
export interface TenantDatabases {
  /** A pool on the tenant's database, opened on first use. Throws 404 `tenant.absent` where it is not ready. */
  pool(tenant: string): Promise<pg.Pool>;
  end(): Promise<void>;
}

/** Connects to each tenant's database with the role of one release. */
export function tenantDatabases(options: {
  readonly shared: pg.Pool;
  /** Connection string to any database of the server that the tenants' databases are on. */
  readonly serverUrl: string;
  readonly release: "r1" | "r2";
  readonly roleSecret: string;
  readonly log: JsonLog;
}): TenantDatabases {
  const pools = new Map<string, pg.Pool>();

  const open = async (tenant: string): Promise<pg.Pool> => {
    const { rows } = await options.shared.query<{ database: string }>(
      "select database from tenants where id = $1 and state = 'ready'",
      [tenant],
    );
    const database = rows[0]?.database;
    if (database === undefined)
      throw new ApiError(404, "tenant.absent", "There is no such tenant, or it is not ready.");
    const known = pools.get(tenant);
    if (known !== undefined) return known;
    const pool = new pg.Pool({
      connectionString: roleUrl(options.serverUrl, database, options.release, options.roleSecret),
      max: POOL_MAX,
      idleTimeoutMillis: IDLE_MS,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      application_name: `platform-api ${options.release}`,
    });
    pool.on("error", (error) => options.log.error("database connection", { tenant, reason: error.message }));
    pools.set(tenant, pool);
    return pool;
  };

  return {
    pool: async (tenant) => pools.get(tenant) ?? open(tenant),
    end: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
    },
  };
}

function roleUrl(serverUrl: string, database: string, release: "r1" | "r2", secret: string): string {
  const role = tenantRole(database, release);
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  url.username = role;
  url.password = tenantRolePassword(secret, role);
  return url.href;
}
