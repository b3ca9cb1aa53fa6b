import type { Result } from "../problem.ts";

/** Where one tenant's requests for one service go: percent by version, summing to 100. */
export interface Route {
  readonly service: string;
  readonly tenant: string;
  readonly weights: Readonly<Record<string, number>>;
  /** Rises with each change; what compare-and-set compares. */
  readonly revision: number;
}

/** Routes tenants to versions of a service. Compare-and-set: a change names the revision it was made for. */
export interface TrafficPort {
  route(service: string, tenant: string): Promise<Result<Route>>;
  /** Refused with `BATON-TRAFFIC-REVISION` when the route has moved on since. */
  setRoute(
    service: string,
    tenant: string,
    weights: Readonly<Record<string, number>>,
    expected: number,
  ): Promise<Result<Route>>;
  /** Requests of this tenant that each version is answering right now. */
  inFlight(service: string, tenant: string): Promise<Result<Readonly<Record<string, number>>>>;
}
