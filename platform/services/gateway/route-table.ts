import type pg from "pg";
import { ApiError } from "../../shared/api-error.ts";
import { smoothWeights, type Weights } from "./smooth-weights.ts";

/** Where one tenant's requests for one service go. */
interface Route {
  readonly service: string;
  readonly tenant: string;
  readonly weights: Weights;
  /** Rises by one with each change; 0 for a tenant whose route was never set. */
  readonly revision: number;
}

/** One version of a service, and where it listens. */
export interface Upstream {
  readonly service: string;
  readonly version: string;
  readonly url: string;
}

/** Routes and upstreams: read from memory, written to the shared database first. */
export interface RouteTable {
  /** Chooses a version for one request; at once, so that a count beside it misses nothing. Throws 503 without upstream. */
  choose(service: string, tenant: string): Upstream;
  route(service: string, tenant: string): Route;
  /** Compare-and-set. Throws 409 `route.revision` where the route has moved on, 422 where a version has no upstream. */
  setRoute(service: string, tenant: string, weights: Weights, expected: number): Promise<Route>;
  setUpstream(upstream: Upstream): Promise<void>;
  /** Every version of every service that is known, with the address it was last said to have. */
  upstreams(): readonly Upstream[];
}

interface Entry {
  readonly route: Route;
  readonly next: () => string;
}

interface RouteRow {
  readonly service: string;
  readonly tenant: string;
  readonly weights: Record<string, number>;
  readonly revision: string;
}

/**
 * Loads the table from the shared database. `base` are the versions that answer tenants without a route of their own,
 * one for each service, with their addresses of today.
 */
export async function routeTable(pool: pg.Pool, base: readonly Upstream[]): Promise<RouteTable> {
  const upstreams = new Map<string, Upstream>();
  const entries = new Map<string, Entry>();
  const keyOf = (service: string, name: string): string => `${service} ${name}`;
  const hold = (route: Route): Route => {
    const known = entries.get(keyOf(route.service, route.tenant));
    if (known === undefined || known.route.revision < route.revision)
      entries.set(keyOf(route.service, route.tenant), { route, next: smoothWeights(route.weights) });
    return route;
  };
  const entryOf = (service: string, tenant: string): Entry | undefined => {
    const known = entries.get(keyOf(service, tenant));
    const first = base.find((upstream) => upstream.service === service);
    if (known !== undefined || first === undefined) return known;
    hold({ service, tenant, weights: { [first.version]: 100 }, revision: 0 });
    return entries.get(keyOf(service, tenant));
  };
  const setUpstream = async (upstream: Upstream): Promise<void> => {
    await pool.query(
      `insert into gateway_upstreams (service, version, url) values ($1, $2, $3)
       on conflict (service, version) do update set url = excluded.url, changed_at = now()`,
      [upstream.service, upstream.version, upstream.url],
    );
    upstreams.set(keyOf(upstream.service, upstream.version), upstream);
  };

  const known = await pool.query<Upstream>("select service, version, url from gateway_upstreams");
  for (const row of known.rows) upstreams.set(keyOf(row.service, row.version), row);
  for (const upstream of base) await setUpstream(upstream);
  const routes = await pool.query<RouteRow>("select service, tenant, weights, revision from gateway_routes");
  for (const row of routes.rows) hold(routeOf(row));

  return {
    choose: (service, tenant) => {
      const version = entryOf(service, tenant)?.next();
      const upstream = version === undefined ? undefined : upstreams.get(keyOf(service, version));
      if (upstream === undefined)
        throw new ApiError(503, "upstream.absent", "No version of this service is up.");
      return upstream;
    },
    route: (service, tenant) =>
      entryOf(service, tenant)?.route ?? { service, tenant, weights: {}, revision: 0 },
    setRoute: async (service, tenant, weights, expected) => {
      const missing = Object.keys(weights).filter((version) => !upstreams.has(keyOf(service, version)));
      if (missing.length > 0)
        throw new ApiError(422, "route.upstream", "A version of this route has no upstream.", { missing });
      return hold(await compareAndSet(pool, service, tenant, weights, expected));
    },
    setUpstream,
    upstreams: () => [...upstreams.values()],
  };
}

const INSERT = `insert into gateway_routes (service, tenant, weights, revision) values ($1, $2, $3, $4::bigint + 1)
  on conflict do nothing returning service, tenant, weights, revision`;
const UPDATE = `update gateway_routes set weights = $3, revision = revision + 1, changed_at = now()
  where service = $1 and tenant = $2 and revision = $4 returning service, tenant, weights, revision`;

async function compareAndSet(
  pool: pg.Pool,
  service: string,
  tenant: string,
  weights: Weights,
  expected: number,
): Promise<Route> {
  const values = [service, tenant, weights, expected];
  const { rows } = await pool.query<RouteRow>(expected === 0 ? INSERT : UPDATE, values);
  if (rows[0] !== undefined) return routeOf(rows[0]);
  const now = await pool.query<RouteRow>(
    "select service, tenant, weights, revision from gateway_routes where service = $1 and tenant = $2",
    [service, tenant],
  );
  const revision = Number(now.rows[0]?.revision ?? 0);
  throw new ApiError(409, "route.revision", "The route has moved on since; read it again.", {
    expected,
    revision,
  });
}

const routeOf = (row: RouteRow): Route => ({ ...row, revision: Number(row.revision) });
