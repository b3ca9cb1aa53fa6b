import pg from "pg";
import { environment } from "../../../shared/environment.ts";
import { httpMetrics } from "../../../shared/http-metrics.ts";
import { jsonLog } from "../../../shared/json-log.ts";
import { applySharedSchema } from "../../../shared/shared-schema.ts";
import { stopOnSignal } from "../../../shared/stop.ts";
import { tokenVerifier } from "../../../shared/token-verifier.ts";
import { platformApi } from "./app.ts";
import type { Bodies } from "./bodies.ts";
import { tenantDatabases } from "./tenant-databases.ts";

const SHARED_POOL_MAX = 5;

/**
 * Runs one release of the platform API as this process: reads the environment, brings the shared schema about, listens,
 * and stops in order. A release is its role in the tenants' databases and its way of keeping prompts.
 */
export async function servePlatformApi(release: "r1" | "r2", bodies: Bodies): Promise<void> {
  const env = environment([
    "HOST",
    "PORT",
    "ISSUER",
    "SHARED_DATABASE_URL",
    "TENANTS_SERVER_URL",
    "TENANT_ROLE_SECRET",
  ]);
  const log = jsonLog("platform-api");
  const sharedUrl = env.SHARED_DATABASE_URL;
  const serverUrl = env.TENANTS_SERVER_URL;
  const shared = new pg.Pool({
    connectionString: sharedUrl,
    max: SHARED_POOL_MAX,
    application_name: `platform-api ${release}`,
  });
  shared.on("error", (error) => log.error("database connection", { reason: error.message }));
  await applySharedSchema(shared);

  const tenants = tenantDatabases({ shared, serverUrl, release, roleSecret: env.TENANT_ROLE_SECRET, log });
  const app = platformApi({
    shared,
    sharedUrl,
    tenants,
    bodies,
    platformId: process.env.PLATFORM_ID ?? "dcoder",
    provisioning: {
      serverUrl,
      databasePrefix: process.env.TENANT_DATABASE_PREFIX ?? "dcoder_t_",
      // Only R1 makes tenants' roles; R2's arrive tenant by tenant with its migration.
      r1RoleSecret: release === "r1" ? env.TENANT_ROLE_SECRET : null,
    },
    version: process.env.SERVICE_VERSION ?? "0.0.0",
    verify: tokenVerifier(env.ISSUER),
    log,
    metrics: httpMetrics("platform_api"),
  });
  await app.listen({ host: env.HOST, port: Number(env.PORT) });
  log.info("listening", { port: Number(env.PORT), release });
  stopOnSignal(log, [app.server], async () => {
    await tenants.end();
    await shared.end();
  });
}
