import type { RunBody } from "@baton/contracts";
import type { Drivers } from "../live/driver.ts";
import type { Follower } from "../live/follower.ts";
import type { KnownRun } from "../live/run-store.ts";
import { runBody } from "./run-body.ts";

/** Summaries cost by the plan's size: within so short a time the same state is told the same. */
const FRESH_MS = 250;
const KEPT = 64;

/** Tells runs as the API does, each at most a few times a second. */
export function runTeller(follower: Pick<Follower, "now">, drivers: Pick<Drivers, "leaseOf">) {
  const told = new Map<string, { readonly position: number; readonly body: RunBody }>();
  return async (known: KnownRun): Promise<RunBody> => {
    const { run, position } = known.loaded;
    const lease = await drivers.leaseOf(run);
    const now = follower.now();
    const there = told.get(run);
    const driven = lease !== null && lease.expiresAt > now ? lease.owner : null;
    if (
      there !== undefined &&
      there.position === position &&
      now - there.body.at < FRESH_MS &&
      (there.body.drivenBy?.owner ?? null) === driven
    )
      return there.body;
    const body = runBody(known, lease, now);
    told.delete(run);
    told.set(run, { position, body });
    for (const oldest of told.keys()) {
      if (told.size <= KEPT) break;
      told.delete(oldest);
    }
    return body;
  };
}
