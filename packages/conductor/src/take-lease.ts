import { failed, type Journal, type Lease, ok, type Problem, type Result } from "@baton/core";
import { type Clock, pause } from "./clock.ts";
import { runLease } from "./streams.ts";

export interface TakeLeaseOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly run: string;
  readonly owner: string;
  readonly ttlMs: number;
  /** Waits for the lease instead of refusing; told once whose it is. */
  readonly standBy: boolean;
  readonly onStandBy?: (holder: Lease) => void;
  readonly signal: AbortSignal;
}

const driven = (run: string, holder: Lease | null): Problem => ({
  code: "BATON-RUN-DRIVEN",
  message: `The run ${run} is driven by ${holder?.owner ?? "another conductor"}.`,
  remedy: "Look on with `baton watch`. When that conductor is gone, its lease ends by itself within seconds.",
  details: { run, owner: holder?.owner ?? null, expiresAt: holder?.expiresAt ?? null },
});

/**
 * Takes the lease of a run; `BATON-RUN-DRIVEN` names who has it. Standing by, asks again as long as it takes; null when the
 * signal ended the wait. `askedAt` is the clock's time before the question that was granted.
 */
export async function takeLease(
  options: TakeLeaseOptions,
): Promise<Result<{ readonly lease: Lease; readonly askedAt: number } | null>> {
  const { journal, clock, run, owner, ttlMs, signal } = options;
  let told = false;
  while (!signal.aborted) {
    const askedAt = clock.elapsed();
    const lease = await journal.acquire(runLease(run), owner, ttlMs);
    if (lease.ok) return ok({ lease: lease.value, askedAt });
    const held = lease.problems.some((problem) => problem.code === "BATON-JOURNAL-LEASE-HELD");
    const silent = lease.problems.some((problem) => problem.code === "BATON-JOURNAL-UNREACHABLE");
    if (!(options.standBy && (held || silent)) && !held) return lease;
    const holder = await journal.leaseOf(runLease(run));
    if (!options.standBy) return failed(driven(run, holder.ok ? holder.value : null));
    if (!told && holder.ok && holder.value !== null) {
      told = true;
      options.onStandBy?.(holder.value);
    }
    await pause(clock, ttlMs / 20, signal);
  }
  return ok(null);
}
