import {
  type DeployPort,
  failed,
  instanceId,
  ok,
  type Platform,
  type Problem,
  type ResolvePort,
  type Result,
  type Route,
  type TrafficPort,
} from "@baton/core";
import { z } from "zod";

const TIMEOUT_MS = 10_000;

const RouteBody = z.object({
  service: z.string(),
  tenant: z.string(),
  weights: z.record(z.string(), z.number()),
  revision: z.int(),
});
const InFlightBody = z.object({ inFlight: z.record(z.string(), z.number()) });
const RefusalBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** What the adapter needs of the rest: where the gateway is and where the versions it routes to are. */
export interface GatewayTrafficOptions {
  readonly traffic: Platform["traffic"];
  readonly resolve: ResolvePort;
  readonly deploy: DeployPort;
}

/**
 * Traffic through a gateway that speaks the admin API of docs/guides/gateway-admin.md. Before a route is set, the address
 * of every version it names is told to the gateway, so a version that came back on another port is found. Problems:
 * `BATON-TRAFFIC-REVISION` (the route moved on), `BATON-TRAFFIC-UPSTREAM` (a version is not running), `BATON-TRAFFIC-REFUSED`,
 * `BATON-TRAFFIC-UNREACHABLE`.
 */
export function createGatewayTraffic(options: GatewayTrafficOptions): TrafficPort {
  const admin = (method: string, path: string, body?: unknown) => askGateway(options, method, path, body);
  const routePath = (service: string, tenant: string) =>
    `/admin/routes/${encodeURIComponent(service)}/${encodeURIComponent(tenant)}`;
  return {
    async route(service, tenant) {
      return parse(await admin("GET", routePath(service, tenant)), RouteBody);
    },
    async setRoute(service, tenant, weights, expected) {
      const registered = await registerUpstreams(options, service, Object.keys(weights));
      if (!registered.ok) return registered;
      const answer = await admin("PUT", routePath(service, tenant), { weights, expectedRevision: expected });
      return parse<Route>(answer, RouteBody);
    },
    async inFlight(service, tenant) {
      const body = parse(await admin("GET", `${routePath(service, tenant)}/in-flight`), InFlightBody);
      return body.ok ? ok(body.value.inFlight) : body;
    },
  };
}

async function registerUpstreams(
  options: GatewayTrafficOptions,
  service: string,
  versions: readonly string[],
): Promise<Result<void>> {
  const instances = await options.deploy.instances();
  if (!instances.ok) return instances;
  const problems: Problem[] = [];
  for (const version of versions) {
    const instance = instances.value.find((one) => one.id === instanceId(service, version));
    const url = instance?.urls.http;
    if (url === undefined) {
      problems.push({
        code: "BATON-TRAFFIC-UPSTREAM",
        message: `Traffic of ${service} cannot go to version ${version}: it is not running.`,
        remedy: `Deploy ${instanceId(service, version)} first; \`baton status\` shows what runs.`,
      });
      continue;
    }
    const path = `/admin/upstreams/${encodeURIComponent(service)}/${encodeURIComponent(version)}`;
    const answer = parse(await askGateway(options, "PUT", path, { url }), z.unknown());
    if (!answer.ok) problems.push(...answer.problems);
  }
  return problems.length === 0 ? ok(undefined) : failed(...problems);
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly what: string;
}

async function askGateway(
  options: GatewayTrafficOptions,
  method: string,
  path: string,
  body?: unknown,
): Promise<Result<Answer>> {
  const base = await options.resolve.text(options.traffic.url);
  if (!base.ok) return base;
  const token = await options.resolve.text(`\${secret.${options.traffic.tokenSecret}}`);
  if (!token.ok) return token;
  const what = `${method} ${path}`;
  try {
    const response = await fetch(new URL(path, base.value), {
      method,
      headers: {
        authorization: `Bearer ${token.value}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    return ok({ status: response.status, body: text === "" ? null : JSON.parse(text), what });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return failed({
      code: "BATON-TRAFFIC-UNREACHABLE",
      message: `The gateway did not answer ${what}: ${cause instanceof Error ? cause.message : "it failed"}.`,
      remedy: "See whether the gateway runs (`baton status`) and what its log says.",
    });
  }
}

function parse<T>(answer: Result<Answer>, schema: z.ZodType<T>): Result<T> {
  if (!answer.ok) return answer;
  const { status, body, what } = answer.value;
  const parsed = schema.safeParse(body);
  if (status >= 200 && status < 300 && parsed.success) return ok(parsed.data);
  const refusal = RefusalBody.safeParse(body);
  const said = refusal.success
    ? `${refusal.data.error.code}, ${refusal.data.error.message}`
    : "no reason given";
  if (status === 409) {
    return failed({
      code: "BATON-TRAFFIC-REVISION",
      message: `The route changed while ${what} was prepared (${said}).`,
      remedy: "Read the route again and decide anew; a retry does that.",
    });
  }
  return failed({
    code: "BATON-TRAFFIC-REFUSED",
    message: `The gateway answered ${what} with ${status} (${said}).`,
    remedy: "See the gateway's log for the request.",
    details: { status },
  });
}
