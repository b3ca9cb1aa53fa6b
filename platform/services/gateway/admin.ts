import { createHash, timingSafeEqual } from "node:crypto";
import Fastify, { type FastifyInstance } from "fastify";
import { z } from "zod";
import { ApiError } from "../../shared/api-error.ts";
import type { JsonLog } from "../../shared/json-log.ts";
import type { InFlight } from "./in-flight.ts";
import type { RouteTable } from "./route-table.ts";
import type { UpstreamIdentity } from "./upstream-identity.ts";

const name = z.string().regex(/^[\w.@-]{1,100}$/);
const upstreamPath = z.object({ service: name, version: name });
const upstreamBody = z
  .object({ url: z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin) })
  .strict();
const routePath = z.object({ service: name, tenant: name });
const routeBody = z
  .object({
    weights: z
      .record(name, z.number().min(0).max(100))
      .refine((weights) => Object.values(weights).reduce((sum, weight) => sum + weight, 0) === 100, {
        message: "Weights are percents and sum to 100.",
      }),
    expectedRevision: z.number().int().min(0),
  })
  .strict();

/** The admin API: upstreams, routes by compare-and-set, and what is in flight. One bearer token opens it. */
export function adminApi(options: {
  readonly table: RouteTable;
  readonly identity: UpstreamIdentity;
  readonly flights: InFlight;
  readonly token: string;
  readonly log: JsonLog;
}): FastifyInstance {
  const { table, identity, flights, log } = options;
  const app = Fastify();
  app.setErrorHandler((error, _request, reply) => {
    const answer = asApiError(error);
    if (answer.status >= 500) log.error("admin request failed", { code: answer.code, reason: String(error) });
    return reply.code(answer.status).send(answer.body());
  });
  app.addHook("onRequest", async (request) => {
    if (!sameText(request.headers.authorization ?? "", `Bearer ${options.token}`))
      throw new ApiError(401, "auth.invalid", "The admin API wants the gateway's admin token.");
  });

  app.get("/admin/upstreams", async () => ({ upstreams: table.upstreams() }));
  app.put("/admin/upstreams/:service/:version", async (request) => {
    const upstream = { ...read(upstreamPath, request.params), ...read(upstreamBody, request.body) };
    await table.setUpstream(upstream);
    log.info("upstream set", upstream);
    return upstream;
  });
  app.get("/admin/routes/:service/:tenant", async (request) => {
    const { service, tenant } = read(routePath, request.params);
    return table.route(service, tenant);
  });
  app.put("/admin/routes/:service/:tenant", async (request) => {
    const { service, tenant } = read(routePath, request.params);
    const { weights, expectedRevision } = read(routeBody, request.body);
    await assureAll(table, identity, table.route(service, tenant), weights);
    const route = await table.setRoute(service, tenant, weights, expectedRevision);
    log.info("route set", { service, tenant, revision: route.revision, weights: JSON.stringify(weights) });
    return route;
  });
  app.get("/admin/routes/:service/:tenant/in-flight", async (request) => {
    const { service, tenant } = read(routePath, request.params);
    const idle = Object.fromEntries(
      Object.keys(table.route(service, tenant).weights).map((version) => [version, 0]),
    );
    return { inFlight: { ...idle, ...flights.count(service, tenant) } };
  });
  return app;
}

/**
 * A version that would get more requests than it has must be there: a route to what cannot answer, or is another program, is
 * refused. One that keeps a share, or loses some, may be down: what is broken can be left step by step.
 */
async function assureAll(
  table: RouteTable,
  identity: UpstreamIdentity,
  now: ReturnType<RouteTable["route"]>,
  weights: Readonly<Record<string, number>>,
): Promise<void> {
  const wanted = table
    .upstreams()
    .filter(
      ({ service, version }) =>
        service === now.service && (weights[version] ?? 0) > (now.weights[version] ?? 0),
    );
  for (const upstream of wanted) {
    try {
      await identity.assure(upstream);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new ApiError(422, "route.upstream", "A version of this route does not answer at its address.", {
        version: upstream.version,
        reason: error.code,
      });
    }
  }
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
  throw new ApiError(422, "request.invalid", "The request is not as the admin API describes it.", { issues });
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 503;
  return status < 500
    ? new ApiError(status, "request.refused", "The request could not be read.")
    : new ApiError(
        503,
        "gateway.unavailable",
        "The change could not be written; nothing was changed. Try again.",
      );
}

/** Compares in a time that tells nothing of where the texts differ. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
