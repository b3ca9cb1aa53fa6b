import type { TrafficBody } from "@baton/contracts";
import { findWorkload, type Session, type Workload, type WorkloadStats } from "@baton/session";
import type { z } from "zod";

type Traffic = z.infer<typeof TrafficBody>;
type Sample = Traffic["samples"][number];

/** What the users at work see, looked at once a second. */
export interface TrafficWatch {
  /** The last look, and the samples behind a time. */
  told(since: number): Traffic;
  stop(): void;
}

const EVERY_MS = 1_000;
/** A quarter of an hour. */
const KEPT = 900;
const NONE = "no workload runs";

/** Looks at the platform's workload until it is stopped. No data is told as no data. */
export function watchTraffic(session: Pick<Session, "supervisor" | "definition">): TrafficWatch {
  const samples: Sample[] = [];
  let workload: Workload | null = null;
  let last: { readonly stats: WorkloadStats; readonly at: number } | null = null;
  let reason: string | null = session.definition.platform.workload === undefined ? NONE : "not asked yet";
  let looking = false;

  async function look(): Promise<void> {
    workload ??= await findWorkload(session);
    const stats = await workload?.stats();
    const at = Date.now();
    if (stats === undefined || !stats.ok) {
      // It may have come back at another address.
      workload = null;
      last = null;
      reason = stats?.problems[0]?.message ?? NONE;
      return;
    }
    if (last !== null) samples.push(sampleOf(last, { stats: stats.value, at }));
    if (samples.length > KEPT) samples.shift();
    last = { stats: stats.value, at };
    reason = null;
  }

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look()
      .catch((error: unknown) => {
        reason = error instanceof Error ? error.message : String(error);
      })
      .finally(() => {
        looking = false;
      });
  }, EVERY_MS);
  timer.unref();
  return {
    told: (since) => ({
      now: last === null ? null : told(last.stats),
      reason,
      samples: samples.filter(({ at }) => at > since),
    }),
    stop: () => clearInterval(timer),
  };
}

const told = ({ running, requests, writes, windows }: WorkloadStats): NonNullable<Traffic["now"]> => ({
  running,
  requests,
  writes,
  windows,
});

interface Look {
  readonly stats: WorkloadStats;
  readonly at: number;
}

/** Rates between two looks. A workload that began anew counts from nothing. */
function sampleOf(before: Look, after: Look): Sample {
  const seconds = Math.max(0.001, (after.at - before.at) / 1_000);
  const grown = (name: "total" | "failed") => {
    const more = after.stats.requests[name] - before.stats.requests[name];
    return Math.max(0, more < 0 ? after.stats.requests[name] : more) / seconds;
  };
  const latest = Object.values(after.stats.windows).at(-1);
  return {
    at: after.at,
    perSecond: grown("total"),
    failedPerSecond: grown("failed"),
    p50: latest?.p50 ?? null,
    p99: latest?.p99 ?? null,
  };
}
