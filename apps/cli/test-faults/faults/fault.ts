import type { LivePlatform } from "../../test/live-platform.ts";

/** Where and upon what a fault strikes. */
export interface World {
  readonly platform: LivePlatform;
  readonly run: string;
  /** Which lock of the state folder tells who drives. */
  readonly slot: "conductor" | "rollback";
  /** The tenant whose share of the run is struck, where the fault is a tenant's. */
  readonly tenant: string;
  /** How long a fault that lasts does so, milliseconds. */
  readonly lastsMs: number;
  /** Aborts when the process that drives has ended. */
  readonly over: AbortSignal;
  /** Aborts when whoever tests wants to end. */
  readonly signal: AbortSignal;
}

/** A fault that is there now. */
export interface Struck {
  /** What was hit, as in `process 4711`. */
  readonly what: string;
  /** Resolves when the world is as before, as far as it is not the run's to bring it there. */
  heal(): Promise<void>;
}

/** One way in which the world fails. */
export interface Fault {
  readonly name: string;
  /** What is done, for people. */
  readonly words: string;
  /** Whether requests of users may fail while it lasts. Acknowledged writes are never lost by it. */
  readonly harmsRequests: boolean;
  /** Whether the run may turn round because of it, or end as `needs-operator` where it is on its way back. */
  readonly mayTurn: boolean;
  /** Whether the conductor may end because of it; it is started again then. */
  readonly mayEndConductor: boolean;
  /** Null where there was nothing to hit. */
  strike(world: World): Promise<Struck | null>;
}

/** Waits as long as the fault is to last, or until the run it was to disturb has been left. */
export const lasting = ({ lastsMs, signal, over }: World): Promise<void> =>
  new Promise((resolve) => {
    const ends = AbortSignal.any([signal, over]);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, lastsMs);
    ends.addEventListener("abort", end, { once: true });
    if (ends.aborted) end();
  });
