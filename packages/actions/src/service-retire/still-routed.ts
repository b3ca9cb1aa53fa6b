import {
  type ActionContext,
  failed,
  ok,
  type Problem,
  type Result,
  type ServiceRetireInput,
} from "@baton/core";

/** How many routes are asked for at the same time. */
const AT_ONCE = 16;

/** Tenants, as the platform lists them now, whose requests go to this version in part or whole; or why that cannot be known. */
export async function stillRouted(
  { service, version }: ServiceRetireInput,
  { ports, signal }: ActionContext,
): Promise<Result<readonly string[]>> {
  const tenants = await ports.tenants.list();
  if (!tenants.ok) return tenants;
  const found: string[] = [];
  for (let from = 0; from < tenants.value.length; from += AT_ONCE) {
    if (signal.aborted) return failed(calledOff(service));
    const some = tenants.value.slice(from, from + AT_ONCE);
    const routes = await Promise.all(some.map(({ id }) => ports.traffic.route(service, id)));
    for (const route of routes) {
      if (!route.ok) return route;
      if (version !== undefined && (route.value.weights[version] ?? 0) > 0) found.push(route.value.tenant);
    }
  }
  return ok(found);
}

const calledOff = (service: string): Problem => ({
  code: "BATON-ACTION-CANCELLED",
  message: `Asking where the tenants of ${service} go was called off.`,
  remedy: "Resume the run; it asks again.",
});
