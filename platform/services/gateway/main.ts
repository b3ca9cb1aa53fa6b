// D.Coder's gateway: the one door. It verifies tokens, says who asks, and sends each tenant to the version it is on.
import { createServer } from "node:http";
import pg from "pg";
import { environment } from "../../shared/environment.ts";
import { httpMetrics } from "../../shared/http-metrics.ts";
import { jsonLog } from "../../shared/json-log.ts";
import { applySharedSchema } from "../../shared/shared-schema.ts";
import { stopOnSignal } from "../../shared/stop.ts";
import { tokenVerifier } from "../../shared/token-verifier.ts";
import { adminApi } from "./admin.ts";
import { inFlight } from "./in-flight.ts";
import { ownPages } from "./own-pages.ts";
import { proxy, upstreamAgent } from "./proxy.ts";
import { routeTable, type Upstream } from "./route-table.ts";
import { upstreamIdentity } from "./upstream-identity.ts";

const env = environment(["HOST", "PORT", "PORT_ADMIN", "ISSUER", "SHARED_DATABASE_URL", "ADMIN_TOKEN"]);
const log = jsonLog("gateway");
const pool = new pg.Pool({ connectionString: env.SHARED_DATABASE_URL, max: 3, application_name: "gateway" });
pool.on("error", (error) => log.error("database connection", { reason: error.message }));

await applySharedSchema(pool);
const table = await routeTable(pool, baseUpstreams(process.env));
const flights = inFlight();
const metrics = httpMetrics("gateway");
const agent = upstreamAgent();
const identity = upstreamIdentity(agent);
const forwarded = proxy(
  {
    verify: tokenVerifier(env.ISSUER),
    table,
    identity,
    flights,
    metrics,
    log,
    platformId: process.env.PLATFORM_ID ?? "dcoder",
  },
  agent,
);
const own = ownPages(metrics);

const server = createServer({ keepAliveTimeout: 65_000, headersTimeout: 10_000, requestTimeout: 30_000 });
server.on("request", (request, response) => {
  if (!own(request, response)) forwarded(request, response);
});
const admin = adminApi({ table, identity, flights, token: env.ADMIN_TOKEN, log });
await admin.listen({ host: env.HOST, port: Number(env.PORT_ADMIN) });
server.listen(Number(env.PORT), env.HOST, () => log.info("listening", { port: Number(env.PORT) }));
stopOnSignal(log, [server, admin.server], async () => {
  await agent.close();
  await pool.end();
});

/** `UPSTREAM_PLATFORM_API=1.0.0=http://…` names the version of platform-api that answers by default, and its address. */
function baseUpstreams(variables: NodeJS.ProcessEnv): Upstream[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    const service = /^UPSTREAM_([A-Z0-9_]+)$/.exec(name)?.[1];
    const parts = /^([^=]+)=(https?:\/\/.+)$/.exec(value ?? "");
    if (service === undefined || parts === null) return [];
    const [, version = "", url = ""] = parts;
    return [{ service: service.toLowerCase().replaceAll("_", "-"), version, url: new URL(url).origin }];
  });
}
