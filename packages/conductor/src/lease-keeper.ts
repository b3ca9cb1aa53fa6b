import type { Journal, Lease, Problem } from "@baton/core";
import type { Clock } from "./clock.ts";
import { orAborted } from "./steadily.ts";

/** The right to drive, kept alive until it is given back or lost. */
export interface KeptLease {
  readonly lease: Lease;
  /** Whether effects may begin now. Asks the clock, not a timer: a process that was stopped learns here that its time is over. */
  alive(): boolean;
  /** Aborts when the lease is lost, a margin before it ends by the journal's clock; `reason` is a `Problem`. */
  readonly lost: AbortSignal;
  /** The lease turned out to be another's: lost now. */
  lose(why: string): void;
  /** Stops renewing. With `free`, gives the lease back, so that nobody has to wait for its end. */
  end(free: boolean): Promise<void>;
}

/** A lease just taken, and how long it lives without being renewed. */
export interface KeepOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly lease: Lease;
  readonly ttlMs: number;
  /** The clock's time before the lease was asked for: it ends `ttlMs` after that at the earliest. */
  readonly askedAt: number;
  /** Told about each renewed lease. */
  readonly onRenewed?: (lease: Lease) => void;
}

/** Renews at a third of the time to live, asks more often when that fails, and gives up a tenth before the end. */
export function keepLease({ journal, clock, lease, ttlMs, askedAt, onRenewed }: KeepOptions): KeptLease {
  const lost = new AbortController();
  const margin = ttlMs / 10;
  let end = askedAt + ttlMs - margin;
  let over = false;
  let cancelTimers: (() => void)[] = [];

  const clear = () => {
    for (const cancel of cancelTimers) cancel();
    cancelTimers = [];
  };
  const lose = (why: string) => {
    if (over) return;
    over = true;
    clear();
    lost.abort(leaseLost(lease, why));
  };
  const alive = (): boolean => {
    if (!over && clock.elapsed() >= end) lose("it could not be renewed in time");
    return !over;
  };
  const schedule = (renewIn: number) => {
    clear();
    cancelTimers.push(clock.after(renewIn, () => void renew()));
    cancelTimers.push(clock.after(end - clock.elapsed(), () => void (alive() && schedule(0))));
  };
  async function renew(): Promise<void> {
    if (!alive()) return;
    const sentAt = clock.elapsed();
    const renewed = await orAborted(journal.renew(lease, ttlMs), lost.signal);
    if (over || renewed === null) return;
    if (renewed.ok) {
      // An answer that comes after the end is of no use: effects were, or should have been, aborted by then.
      if (!alive()) return;
      end = sentAt + ttlMs - margin;
      onRenewed?.(renewed.value);
      schedule(ttlMs / 3);
    } else if (renewed.problems.some((problem) => problem.code === "BATON-JOURNAL-EPOCH"))
      lose("another took it");
    else schedule(ttlMs / 20);
  }

  schedule(ttlMs / 3);
  return {
    lease,
    alive,
    lost: lost.signal,
    lose,
    end: async (free) => {
      const held = alive();
      over = true;
      clear();
      if (free && held) await journal.release(lease);
    },
  };
}

const leaseLost = (lease: Lease, why: string): Problem => ({
  code: "BATON-RUN-LEASE-LOST",
  message: `The lease ${lease.name} is lost: ${why}. Nothing more is performed here.`,
  remedy: "Another conductor goes on, or start one with `baton run`.",
  details: { lease: lease.name, epoch: lease.epoch },
});
