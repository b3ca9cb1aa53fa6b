import { type ActionContext, failed, ok, type Ports, type Result, type Route } from "@baton/core";
import { unusedBackups } from "./unused-backups.ts";

/** Routes in memory, with the gateway's compare-and-set: every change raises the revision, also one to the same weights. */
export interface Routes {
  readonly ports: Ports;
  get(tenant: string): Route;
  set(tenant: string, weights: Readonly<Record<string, number>>): void;
}

const unused = async (): Promise<Result<never>> =>
  failed({ code: "BATON-TEST-UNUSED", message: "Nothing here asks for this.", remedy: "" });

/** `tenants` are those that the platform lists; a tenant without a route goes to `first`. */
export function makeRoutes(first: string, tenants: readonly string[] = []): Routes {
  const routes = new Map<string, Route>();
  const get = (tenant: string): Route =>
    routes.get(tenant) ?? { service: "api", tenant, weights: { [first]: 100 }, revision: 0 };
  const set = (tenant: string, weights: Readonly<Record<string, number>>) => {
    routes.set(tenant, { ...get(tenant), weights, revision: get(tenant).revision + 1 });
  };
  const ports: Ports = {
    deploy: {
      instances: async () => ok([]),
      digest: () => "",
      start: unused,
      stop: async () => ok(undefined),
    },
    traffic: {
      route: async (_service, tenant) => ok(get(tenant)),
      setRoute: async (_service, tenant, weights, expected) => {
        if (get(tenant).revision !== expected)
          return failed({ code: "BATON-TRAFFIC-REVISION", message: "It moved on.", remedy: "" });
        set(tenant, weights);
        return ok(get(tenant));
      },
      inFlight: async () => ok({}),
      syncUpstreams: async () => ok(undefined),
    },
    http: { get: unused },
    keys: {
      create: unused,
      describe: unused,
      remove: unused,
      wrap: unused,
      unwrap: unused,
      rotate: unused,
      rewrap: unused,
      setMinDecryptionVersion: unused,
    },
    tenants: {
      list: async () => ok(tenants.map((id) => ({ id, ring: "all", database: id, host: "db" }))),
      connection: unused,
    },
    backups: unusedBackups,
    resolve: { text: unused },
  };
  return { ports, get, set };
}

/** A context in which only the ports and the tenant matter. */
export function contextOf(
  ports: Ports,
  plan: ActionContext["plan"],
  tenant: string | null,
  signal: ActionContext["signal"] = new AbortController().signal,
): ActionContext {
  return {
    ports,
    plan,
    run: "run",
    step: "step",
    tenant: tenant === null ? null : { id: tenant, ring: "all", database: tenant, host: "db" },
    epoch: 1,
    signal,
    progress: () => {},
  };
}
