import { makeReceipt } from "@baton/conductor";
import { routes } from "@baton/contracts";
import type { Problem, Result } from "@baton/core";
import { signerOf } from "@baton/session";
import { ApiError, must } from "../api/api-error.ts";
import type { Registrar } from "../api/registrar.ts";
import { cached } from "../live/cached.ts";
import type { Parts } from "../parts.ts";
import { fleetOf, type TenantView } from "../views/fleet.ts";
import { pageOf } from "./paging.ts";

/** For so long the fleet is taken for what it was: to look at all tenants costs more than a page of them. */
const FRESH_MS = 1_000;

/** The fleet, and what was done to each tenant. */
export function tenantHandlers({ json }: Registrar, parts: Parts): void {
  const { session, runs, follower } = parts;
  const { definition, ports, journal, where } = session;
  const { environment } = definition.platform;
  const fleet = cached(async (): Promise<Result<readonly TenantView[]>> => {
    const [tenants, list] = await Promise.all([ports.tenants.list(), runs.list(environment)]);
    if (!tenants.ok) return tenants;
    if (!list.ok) return list;
    const get = (run: string) => runs.get(environment, run);
    return fleetOf({ definition, tenants: tenants.value, runs: list.value, get });
  }, FRESH_MS);

  json(routes.listTenants, async ({ query: { ring, ...page } }) => {
    const all = must(await fleet());
    const wanted = ring === undefined ? all : all.filter((one) => one.ring === ring);
    return { ...pageOf(wanted, page, ({ tenant }) => tenant), total: wanted.length, at: follower.now() };
  });

  json(routes.getTenant, async ({ params: { tenant: id } }) => {
    const tenant = must(await fleet()).find((one) => one.tenant === id);
    if (tenant === undefined) throw new ApiError(noTenant(id));
    const told = [];
    for (const { run, release, openedAt, ended } of [...must(await runs.list(environment))].reverse()) {
      if (told.length === MOST_RUNS) break;
      const { loaded } = must(await runs.get(environment, run));
      if (loaded.plan.tenants.some((one) => one.id === id))
        told.push({ run, release, openedAt, outcome: ended?.outcome ?? null });
    }
    return {
      tenant: { ...tenant, versions: (await liveVersions(parts, id)) ?? tenant.versions },
      runs: told,
    };
  });

  json(routes.getReceipt, async ({ params: { environment: of, run, tenant } }) => {
    must(await runs.get(of, run));
    const { publicKey } = must(await signerOf(where));
    return must(await makeReceipt({ journal, run, tenant, publicKey }));
  });
}

/** Runs that a tenant is told of at the most, the newest first. */
const MOST_RUNS = 20;

/** Which versions answer a tenant right now, as the gateway says; null where it does not, or shares are split. */
async function liveVersions({ session }: Parts, tenant: string): Promise<TenantView["versions"]> {
  const { ports, definition } = session;
  const routed = await Promise.all(
    Object.keys(definition.platform.services).map((service) => ports.traffic.route(service, tenant)),
  );
  const versions = routed.flatMap((route) =>
    route.ok
      ? Object.entries(route.value.weights)
          .filter(([, weight]) => weight > 0)
          .map(([version]) => ({ service: route.value.service, version }))
      : [],
  );
  return versions.length === 0 ? null : versions;
}

const noTenant = (tenant: string): Problem => ({
  code: "BATON-API-TENANT",
  message: `The platform has no tenant ${tenant}.`,
  remedy: "See its tenants at /v1/environments/ENVIRONMENT/tenants.",
  details: { tenant },
});
