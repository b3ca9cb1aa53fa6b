import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { ApiError } from "../../../shared/api-error.ts";
import { PLATFORM_TENANT } from "../../../shared/demo-users.ts";
import type { HttpMetrics } from "../../../shared/http-metrics.ts";
import type { JsonLog } from "../../../shared/json-log.ts";
import { HEADERS, newRequestId, once, traceId } from "../../../shared/request-headers.ts";
import { isStopping } from "../../../shared/stop.ts";
import type { TokenClaims, TokenVerifier } from "../../../shared/token-verifier.ts";
import { decide } from "./abac.ts";
import { bundleEndpoints } from "./bundle-endpoints.ts";
import type { Call, Endpoint } from "./call.ts";
import { databaseAnswer } from "./database-error.ts";
import type { Parts } from "./endpoints.ts";
import { promptReads } from "./prompt-reads.ts";
import { promptWrites } from "./prompt-writes.ts";
import { settingEndpoints } from "./setting-endpoints.ts";
import { tenantEndpoints } from "./tenant-endpoints.ts";

/** What the HTTP side needs beside the endpoints' parts. */
export interface AppParts extends Parts {
  readonly version: string;
  readonly verify: TokenVerifier;
  readonly log: JsonLog;
  readonly metrics: HttpMetrics;
}

const BODY_LIMIT_BYTES = 1024 * 1024;
/** Longer than any client keeps an idle connection, so that it is always the client who closes it. */
const KEEP_ALIVE_MS = 65_000;
const KEY = /^[\x21-\x7e]{1,200}$/;

/** The platform API as a Fastify instance that does not listen yet. */
export function platformApi(parts: AppParts): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: 30_000,
  });
  app.setErrorHandler((error, request, reply) => {
    const answer = asApiError(error);
    if (answer.status >= 500)
      parts.log.error("request failed", { ...logged(request), code: answer.code, reason: reasonOf(error) });
    return reply.code(answer.status).send(answer.body());
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(new ApiError(404, "route.absent", "There is no such endpoint.").body()),
  );
  app.addHook("onSend", async (_request, reply) => {
    reply.header("x-service-version", parts.version);
    if (isStopping()) reply.header("connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => {
    const seconds = reply.elapsedTime / 1000;
    parts.metrics.observe(
      { service: "platform-api", version: parts.version, status: reply.statusCode },
      seconds,
    );
    parts.log.request({ ...logged(request), status: reply.statusCode, ms: Math.round(reply.elapsedTime) });
  });
  operations(app, parts);
  const endpoints = [tenantEndpoints, settingEndpoints, bundleEndpoints, promptReads, promptWrites];
  for (const endpoint of endpoints.flatMap((make) => make(parts))) register(app, parts, endpoint);
  return app;
}

/** Health and metrics, which need no token. */
function operations(app: FastifyInstance, parts: AppParts): void {
  app.get("/health/live", async () => ({ status: "live" }));
  app.get("/health/ready", async (_request, reply) => {
    const up = await parts.shared.query("select 1").then(
      () => true,
      () => false,
    );
    return reply.code(up ? 200 : 503).send({ status: up ? "ready" : "unready", version: parts.version });
  });
  app.get("/metrics", async (_request, reply) => {
    const { text, contentType } = await parts.metrics.render();
    return reply.type(contentType).send(text);
  });
}

/** Every endpoint passes the same gate: token, headers, then the policy; only then the handler. */
function register(app: FastifyInstance, parts: AppParts, endpoint: Endpoint): void {
  app.route({
    method: endpoint.method,
    url: endpoint.url,
    handler: async (request, reply) => {
      const caller = await parts.verify(request.headers.authorization);
      refuseForeignIdentity(request, caller, parts.platformId);
      const resource = { tenant: endpoint.ofPlatform === true ? PLATFORM_TENANT : caller.tenant };
      if (!decide(caller, endpoint.action, resource).allowed)
        throw new ApiError(403, "auth.denied", "No rule allows this call.", { action: endpoint.action });
      const { status, body } = await endpoint.handle(callOf(request, caller));
      return reply.code(status).send(body);
    },
  });
}

/** The identity headers may be absent, but where they are sent they say what the token says, once. */
function refuseForeignIdentity(request: FastifyRequest, caller: TokenClaims, platformId: string): void {
  const expected = {
    [HEADERS.tenant]: caller.tenant,
    [HEADERS.user]: caller.subject,
    [HEADERS.platform]: platformId,
  };
  for (const [name, value] of Object.entries(expected)) {
    const sent = request.raw.headersDistinct[name];
    if (sent !== undefined && (sent.length !== 1 || sent[0] !== value))
      throw new ApiError(403, "auth.identity", `The ${name} header is unlike the token.`, { header: name });
  }
}

function callOf(request: FastifyRequest, caller: TokenClaims): Call {
  const headers = request.raw.headersDistinct;
  const keys = headers["idempotency-key"];
  const idempotencyKey = keys?.[0];
  if (keys !== undefined && (keys.length !== 1 || idempotencyKey === undefined || !KEY.test(idempotencyKey)))
    throw new ApiError(
      400,
      "idempotency.key",
      "An Idempotency-Key is sent once, as 1 to 200 visible ASCII characters.",
    );
  return {
    caller,
    requestId: once(headers, HEADERS.request) ?? newRequestId(),
    traceId: traceId(headers),
    method: request.method,
    target: request.url,
    params: request.params,
    query: request.query,
    body: request.body,
    idempotencyKey,
  };
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const known = databaseAnswer(error);
  if (known !== undefined) return known;
  const status = statusOf(error);
  if (status !== undefined && status < 500)
    return new ApiError(status, "request.refused", "The request could not be read.");
  return new ApiError(
    500,
    "internal",
    "Something went wrong here; the log has the reason under the request id.",
  );
}

/** The status Fastify gave an error of its own, such as 413 for a body that is too large. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" ? error.statusCode : undefined;
}

/** Messages of errors name codes, tables and addresses; PostgreSQL puts row values into `detail`, which stays out. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : "unknown";

const logged = (request: FastifyRequest) => ({
  method: request.method,
  route: request.routeOptions.url ?? "unknown",
  requestId: once(request.raw.headersDistinct, HEADERS.request),
  traceId: once(request.raw.headersDistinct, HEADERS.trace),
  tenant: once(request.raw.headersDistinct, HEADERS.tenant),
});
