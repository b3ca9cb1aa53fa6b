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
  /**
   * Refused with `BATON-TRAFFIC-REVISION` when the route has moved on since, and with `BATON-TRAFFIC-UNHEALTHY` when a
   * version that would get more requests than it has is not healthy: what is broken can always be left, also step by step.
   */
  setRoute(
    service: string,
    tenant: string,
    weights: Readonly<Record<string, number>>,
    expected: number,
  ): Promise<Result<Route>>;
  /** Requests of this tenant that each version is answering right now. */
  inFlight(service: string, tenant: string): Promise<Result<Readonly<Record<string, number>>>>;
  /**
   * Tells the gateway where every version of the services it routes listens now. Whoever has started instances calls it:
   * an instance may have come back at another address. Safe to repeat.
   */
  syncUpstreams(): Promise<Result<void>>;
}
