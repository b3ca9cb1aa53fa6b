import {
  failed,
  type Halfway,
  ok,
  type Ports,
  type Problem,
  type Result,
  type Tenant,
  type Weights,
  withoutZeros,
} from "@baton/core";

export interface HalfwayOptions {
  readonly ports: Pick<Ports, "deploy" | "traffic">;
  readonly tenants: readonly Tenant[];
  /** Versions before the release, by service. */
  readonly present: Readonly<Record<string, string>>;
  /** Services that the release brings. */
  readonly brings: readonly string[];
}

/** Routes that are asked for side by side. */
const PARALLEL = 16;

/**
 * What there is between two releases: which versions run, and where each tenant's requests go, for the services that the release
 * brings and for those of which another version runs than the one before it; no request can go to what does not run. What cannot
 * be seen is a problem, all at once.
 */
export async function observeHalfway(options: HalfwayOptions): Promise<Result<Halfway>> {
  const { ports, present, brings } = options;
  const instances = await ports.deploy.instances();
  if (!instances.ok) return instances;
  const running: Record<string, string[]> = {};
  for (const { service, version } of instances.value) {
    running[service] = [...(running[service] ?? []), version].sort();
  }
  const others = Object.keys(running).filter((service) =>
    running[service]?.some((version) => version !== present[service]),
  );
  const routes: Record<string, Readonly<Record<string, Weights>>> = {};
  const problems: Problem[] = [];
  for (const service of [...new Set([...brings, ...others])].sort()) {
    const found = await routesOf(service, options);
    if (!found.ok) problems.push(...found.problems);
    else if (Object.keys(found.value).length > 0) routes[service] = found.value;
  }
  return problems.length > 0 ? failed(...problems) : ok({ routes, running });
}

/** Where each tenant's requests for a service go; a tenant without any weights is left out. */
async function routesOf(
  service: string,
  { ports, tenants }: HalfwayOptions,
): Promise<Result<Readonly<Record<string, Weights>>>> {
  const routes: Record<string, Weights> = {};
  const problems: Problem[] = [];
  const queue = [...tenants];
  const work = async (): Promise<void> => {
    for (let tenant = queue.shift(); tenant !== undefined; tenant = queue.shift()) {
      const route = await ports.traffic.route(service, tenant.id);
      if (!route.ok) problems.push(...route.problems);
      else if (Object.keys(withoutZeros(route.value.weights)).length > 0)
        routes[tenant.id] = withoutZeros(route.value.weights);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return problems.length > 0 ? failed(...problems) : ok(routes);
}
