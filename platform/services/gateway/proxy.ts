import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Agent, type Dispatcher } from "undici";
import { ApiError } from "../../shared/api-error.ts";
import type { HttpMetrics } from "../../shared/http-metrics.ts";
import type { JsonLog } from "../../shared/json-log.ts";
import { newRequestId, traceId } from "../../shared/request-headers.ts";
import { isStopping } from "../../shared/stop.ts";
import type { TokenVerifier } from "../../shared/token-verifier.ts";
import { clientHeaders, readBody, refuseDuplicates, type TravelIds, upstreamHeaders } from "./forwarding.ts";
import type { InFlight } from "./in-flight.ts";
import type { RouteTable, Upstream } from "./route-table.ts";
import { serviceOf } from "./service-paths.ts";
import { unreachable } from "./unreachable.ts";
import { otherVersion, type UpstreamIdentity } from "./upstream-identity.ts";

/** What the proxy works with. */
export interface ProxyParts {
  readonly verify: TokenVerifier;
  readonly table: RouteTable;
  readonly identity: UpstreamIdentity;
  readonly flights: InFlight;
  readonly metrics: HttpMetrics;
  readonly log: JsonLog;
  readonly platformId: string;
}

/** Milliseconds. An upstream's own statements end well before it is given up. */
const ANSWER_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Far below the 65 s for which services keep idle connections, so that this side always closes first. */
const IDLE_MS = 10_000;

/** Connections to services: one request at a time on each, none kept so long that a service closes it meanwhile. */
export const upstreamAgent = (): Agent =>
  new Agent({
    pipelining: 1,
    connections: 256,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly ids: TravelIds;
  /** Who answered, for metrics and the log. */
  service: string;
  version: string;
  tenant: string;
}

/** Answers every proxied request: token, route, forwarding. It never sends a request twice. */
export function proxy(parts: ProxyParts, agent: Dispatcher): RequestListener {
  return (request, response) => {
    const started = performance.now();
    const ids = {
      requestId: newRequestId(),
      traceId: traceId(request.headersDistinct),
      platformId: parts.platformId,
    };
    const exchange: Exchange = { request, response, ids, service: "gateway", version: "none", tenant: "" };
    // A client that goes away is no failure; writing to it is skipped from then on.
    response.on("error", () => undefined);
    void answer(exchange, parts, agent)
      .catch((error: unknown) => refuse(exchange, error, parts.log))
      .finally(() => {
        const { service, version, tenant } = exchange;
        const ms = performance.now() - started;
        parts.metrics.observe({ service, version, status: response.statusCode }, ms / 1000);
        const { requestId } = ids;
        const status = response.statusCode;
        parts.log.request({
          method: request.method,
          requestId,
          tenant,
          service,
          version,
          status,
          ms: Math.round(ms),
        });
      });
  };
}

async function answer(exchange: Exchange, parts: ProxyParts, agent: Dispatcher): Promise<void> {
  const { request } = exchange;
  const service = serviceOf(request.url ?? "");
  if (service === undefined) throw new ApiError(404, "route.absent", "There is no such endpoint.");
  refuseDuplicates(request);
  const claims = await parts.verify(request.headers.authorization);
  const headers = upstreamHeaders(request, claims, exchange.ids);
  const body = await readBody(request);
  // Choice and count are one synchronous step: once a route change has been answered and the count of the version it
  // left is 0, no request can still be on its way there.
  const upstream = parts.table.choose(service, claims.tenant);
  const leave = parts.flights.enter(service, claims.tenant, upstream.version);
  exchange.service = service;
  exchange.version = upstream.version;
  exchange.tenant = claims.tenant;
  try {
    await forward(exchange, upstream, headers, body, parts.identity, agent);
  } finally {
    leave();
  }
}

async function forward(
  exchange: Exchange,
  upstream: Upstream,
  headers: Record<string, string | string[]>,
  body: Buffer | null,
  identity: UpstreamIdentity,
  agent: Dispatcher,
): Promise<void> {
  const { request, response, ids } = exchange;
  // The caller's token goes to nobody who has not shown to be the version that was chosen.
  await identity.assure(upstream);
  const answered = await agent
    .request({
      origin: upstream.url,
      path: request.url ?? "/",
      method: (request.method ?? "GET") as Dispatcher.HttpMethod,
      headers,
      body,
    })
    .catch((error: unknown) => {
      throw unreachable(error);
    });
  if (!(await identity.answeredBy(upstream, answered.headers["x-service-version"]))) {
    await answered.body.dump().catch(() => undefined);
    throw otherVersion();
  }
  if (!response.destroyed) {
    if (isStopping()) response.setHeader("connection", "close");
    response.writeHead(answered.statusCode, clientHeaders(answered.headers, ids));
  }
  // A client that has gone does not cut the service short: what it began is counted until it ends.
  for await (const chunk of answered.body) {
    if (!response.destroyed && !response.write(chunk)) await writable(response);
  }
  if (!response.destroyed) response.end();
}

/** Until the client has taken what was written, or has gone. */
function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

function refuse(exchange: Exchange, error: unknown, log: JsonLog): void {
  const { request, response, ids, service, version, tenant } = exchange;
  const refusal =
    error instanceof ApiError ? error : new ApiError(500, "internal", "Something went wrong in the gateway.");
  if (refusal.status >= 500) {
    const reason = error instanceof ApiError ? String(error.details.reason ?? error.code) : String(error);
    log.error("request failed", {
      service,
      version,
      tenant,
      requestId: ids.requestId,
      code: refusal.code,
      reason,
    });
  }
  // An answer that has begun cannot become another one: cutting it is the only honest end.
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = JSON.stringify(refusal.body());
  const headers = clientHeaders({ "content-type": "application/json; charset=utf-8" }, ids);
  // A body that was not read to its end would be taken for the next request on this connection.
  if (!request.complete || isStopping()) headers.connection = "close";
  headers["content-length"] = String(Buffer.byteLength(text));
  response.writeHead(refusal.status, headers);
  response.end(text);
}
