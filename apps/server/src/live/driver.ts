import { runLease } from "@baton/conductor";
import type { Journal, Lease } from "@baton/core";
import type { Follower } from "./follower.ts";

/** Starts a conductor for a run, in a process of its own that goes on when the server ends. */
export type LaunchConductor = (run: string) => Promise<void>;

/** Who drives which run, and how somebody comes to drive one. */
export interface Drivers {
  /** The lease of a run as it was a moment ago; null where nobody ever had it, or nobody can say. */
  leaseOf(run: string): Promise<Lease | null>;
  /** Sees to it that a run is driven. True: a conductor was started for it. */
  ensure(run: string): Promise<boolean>;
  stop(): void;
}

/** So long a lease is taken for what it was. */
const FRESH_MS = 500;
/** Behind the end of a lease whose holder may be dead, before it is looked at again. */
const BEHIND_MS = 500;

/** What drivers are looked up and started with. */
export interface DriverOptions {
  readonly journal: Pick<Journal, "leaseOf">;
  readonly follower: Pick<Follower, "now">;
  readonly launch: LaunchConductor;
}

export function createDrivers({ journal, follower, launch }: DriverOptions): Drivers {
  const known = new Map<string, { readonly lease: Lease | null; readonly seen: number }>();
  const again = new Map<string, NodeJS.Timeout>();

  async function look(run: string): Promise<Lease | null> {
    const lease = await journal.leaseOf(runLease(run));
    const value = lease.ok ? lease.value : null;
    known.set(run, { lease: value, seen: performance.now() });
    return value;
  }

  async function ensure(run: string): Promise<boolean> {
    const lease = await look(run);
    const left = lease === null ? 0 : lease.expiresAt - follower.now();
    if (left <= 0) {
      await launch(run);
      known.delete(run);
      return true;
    }
    // A conductor that was killed leaves its lease to run out: then nobody drives, and somebody asked that it be driven.
    if (!again.has(run)) {
      const timer = setTimeout(() => {
        again.delete(run);
        void look(run).then(async (later) => {
          if (later?.owner === lease?.owner && (later?.expiresAt ?? 0) <= follower.now()) await launch(run);
        });
      }, left + BEHIND_MS);
      timer.unref();
      again.set(run, timer);
    }
    return false;
  }

  return {
    leaseOf: async (run) => {
      const there = known.get(run);
      return there !== undefined && performance.now() - there.seen < FRESH_MS ? there.lease : look(run);
    },
    ensure,
    stop: () => {
      for (const timer of again.values()) clearTimeout(timer);
    },
  };
}
