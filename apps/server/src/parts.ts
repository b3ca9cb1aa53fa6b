import type { RunBody } from "@baton/contracts";
import type { Result } from "@baton/core";
import type { Session } from "@baton/session";
import type { Drivers } from "./live/driver.ts";
import type { Follower } from "./live/follower.ts";
import type { KnownRun, RunStore } from "./live/run-store.ts";
import type { StreamHub } from "./live/stream-hub.ts";
import type { TrafficWatch } from "./live/traffic-watch.ts";

/** What the handlers of the routes share. */
export interface Parts {
  readonly session: Session;
  readonly follower: Follower;
  readonly runs: RunStore;
  readonly hub: StreamHub;
  readonly drivers: Drivers;
  readonly traffic: TrafficWatch;
  /** A run as the API tells it, at this moment. */
  tell(known: KnownRun): Promise<RunBody>;
  /** Who listens where, for the page of integrations. */
  readonly identity: { readonly issuer: string | null };
  /** Reads the run once more, with all that was appended before the call. */
  afresh(environment: string, run: string): Promise<Result<KnownRun>>;
}
