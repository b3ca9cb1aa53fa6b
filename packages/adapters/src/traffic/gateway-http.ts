import {
  type DeployPort,
  failed,
  type Instance,
  instanceId,
  ok,
  type Problem,
  type Result,
  type Route,
  type TrafficPort,
} from "@baton/core";
import { z } from "zod";
import { askGateway, type GatewayAddress } from "./gateway-admin.ts";

const RouteBody = z.object({
  service: z.string(),
  tenant: z.string(),
  weights: z.record(z.string(), z.number()),
  revision: z.int(),
});
const InFlightBody = z.object({ inFlight: z.record(z.string(), z.number()) });
const UpstreamsBody = z.object({
  upstreams: z.array(z.object({ service: z.string(), version: z.string(), url: z.string() })),
});

/** What the adapter needs of the rest: where the gateway is and where the versions it routes to are. */
export interface GatewayTrafficOptions extends GatewayAddress {
  readonly deploy: Pick<DeployPort, "instances">;
}

/**
 * Traffic through a gateway that speaks the admin API platform/README.md describes. Before a route is set, the address of
 * every version it names is told to the gateway, so a version that came back on another port is found. Problems:
 * `BATON-TRAFFIC-REVISION` (the route moved on), `BATON-TRAFFIC-UPSTREAM` (a version is not running),
 * `BATON-TRAFFIC-UNHEALTHY` (a version runs but is not healthy; trying again later may go well), both only where the version
 * would get more than it has, `BATON-TRAFFIC-REFUSED`,
 * `BATON-TRAFFIC-UNREACHABLE`.
 */
export function createGatewayTraffic(options: GatewayTrafficOptions): TrafficPort {
  const routePath = (service: string, tenant: string) =>
    `/admin/routes/${encodeURIComponent(service)}/${encodeURIComponent(tenant)}`;
  const route: TrafficPort["route"] = (service, tenant) =>
    askGateway(options, RouteBody, "GET", routePath(service, tenant));
  return {
    route,
    async setRoute(service, tenant, weights, expected) {
      const instances = await options.deploy.instances();
      if (!instances.ok) return instances;
      const refused = unready(service, weights, instances.value);
      const now = refused.size === 0 ? null : await route(service, tenant);
      const problems = [...refused].filter(([version]) => rises(version, weights, now));
      if (problems.length > 0) return failed(...problems.map(([, problem]) => problem));
      const named = instances.value.filter(({ id }) =>
        Object.keys(weights).some((version) => id === instanceId(service, version)),
      );
      const registered = await register(options, named);
      if (!registered.ok) return registered;
      const body = { weights, expectedRevision: expected };
      return askGateway(options, RouteBody, "PUT", routePath(service, tenant), body);
    },
    async inFlight(service, tenant) {
      const path = `${routePath(service, tenant)}/in-flight`;
      const body = await askGateway(options, InFlightBody, "GET", path);
      return body.ok ? ok(body.value.inFlight) : body;
    },
    async syncUpstreams() {
      const known = await askGateway(options, UpstreamsBody, "GET", "/admin/upstreams");
      if (!known.ok) return known;
      const instances = await options.deploy.instances();
      if (!instances.ok) return instances;
      const routed = new Set(known.value.upstreams.map(({ service }) => service));
      return register(
        options,
        instances.value.filter((one) => routed.has(one.service)),
      );
    },
  };
}

/** Why versions that are to get requests cannot, by version. */
function unready(
  service: string,
  weights: Readonly<Record<string, number>>,
  instances: readonly Instance[],
): ReadonlyMap<string, Problem> {
  const problems = new Map<string, Problem>();
  for (const version of Object.keys(weights).filter((one) => (weights[one] ?? 0) > 0)) {
    const instance = instances.find((one) => one.id === instanceId(service, version));
    if (instance?.urls.http === undefined) problems.set(version, absent(service, version));
    else if (instance.state !== "healthy") problems.set(version, unhealthy(instance));
  }
  return problems;
}

/** Whether a version would get more than it has; also where nobody can say. A broken one can always be left step by step. */
const rises = (
  version: string,
  weights: Readonly<Record<string, number>>,
  now: Result<Route> | null,
): boolean => !now?.ok || (weights[version] ?? 0) > (now.value.weights[version] ?? 0);

const absent = (service: string, version: string): Problem => ({
  code: "BATON-TRAFFIC-UPSTREAM",
  message: `Traffic of ${service} cannot go to version ${version}: it is not running.`,
  remedy: `Deploy ${instanceId(service, version)} first; \`baton status\` shows what runs.`,
});

const unhealthy = ({ id, service, version, state }: Instance): Problem => ({
  code: "BATON-TRAFFIC-UNHEALTHY",
  message: `Traffic of ${service} cannot go to version ${version}: ${id} is ${state}, not healthy.`,
  remedy: `Read the end of the log of ${id}; once \`baton status\` shows it healthy, try again.`,
});

/** Tells the gateway where these instances listen; one without an address of its own is left out. */
async function register(
  options: GatewayTrafficOptions,
  instances: readonly Instance[],
): Promise<Result<void>> {
  const problems: Problem[] = [];
  for (const { service, version, urls } of instances) {
    if (urls.http === undefined) continue;
    const path = `/admin/upstreams/${encodeURIComponent(service)}/${encodeURIComponent(version)}`;
    const answer = await askGateway(options, z.unknown(), "PUT", path, { url: urls.http });
    if (!answer.ok) problems.push(...answer.problems);
  }
  return problems.length === 0 ? ok(undefined) : failed(...problems);
}
