import { ok, type Problem, type Result } from "@baton/core";
import { z } from "zod";
import type { Session } from "./session.ts";

const Window = z.object({
  requests: z.int(),
  failed: z.int(),
  /** Milliseconds; null where nothing was measured. */
  p50: z.number().nullable(),
  p99: z.number().nullable(),
  seconds: z.number(),
});

/** What the workload says of itself: docs/guides/workload.md. */
export const WorkloadStats = z.object({
  running: z.boolean(),
  requests: z.object({ total: z.int(), failed: z.int() }),
  writes: z.object({ acknowledged: z.int() }),
  windows: z.record(z.string(), Window),
  recentFailures: z.array(z.json()),
});
export type WorkloadStats = z.infer<typeof WorkloadStats>;

/** What the workload found when it read back every write it was ever told is safe. */
export const WorkloadVerdict = z.object({
  acknowledged: z.int(),
  lost: z.int(),
  checked: z.int(),
  missing: z.array(z.json()),
});
export type WorkloadVerdict = z.infer<typeof WorkloadVerdict>;

const STATS_TIMEOUT_MS = 2_000;
const VERIFY_TIMEOUT_MS = 300_000;
const HELPER = "workload";

/** The users at work on the platform. */
export interface Workload {
  stats(): Promise<Result<WorkloadStats>>;
  /** Begins a new window of latencies under this name. */
  window(name: string): Promise<Result<void>>;
  /** Reads back every acknowledged write through the platform's front door. */
  verify(): Promise<Result<WorkloadVerdict>>;
}

const unreachable = (cause: string): Problem => ({
  code: "BATON-WORKLOAD-UNREACHABLE",
  message: `The workload does not answer: ${cause}.`,
  remedy: "Read .baton/logs/workload.log; `npm start` starts it again.",
});

async function call<T>(url: string, init: RequestInit, schema: z.ZodType<T>): Promise<Result<T>> {
  try {
    const response = await fetch(url, init);
    if (!response.ok) return { ok: false, problems: [unreachable(`HTTP ${response.status}`)] };
    const parsed = schema.safeParse(await response.json());
    return parsed.success
      ? ok(parsed.data)
      : { ok: false, problems: [unreachable(`unexpected answer, ${z.prettifyError(parsed.error)}`)] };
  } catch (error) {
    return { ok: false, problems: [unreachable(error instanceof Error ? error.message : String(error))] };
  }
}

/** A way to speak to the workload at that address. */
function workloadAt(url: string): Workload {
  const post = (body: unknown, timeoutMs: number): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  return {
    stats: () => call(`${url}/stats`, { signal: AbortSignal.timeout(STATS_TIMEOUT_MS) }, WorkloadStats),
    async window(name) {
      const answer = await call(`${url}/window`, post({ name }, STATS_TIMEOUT_MS), z.unknown());
      return answer.ok ? ok(undefined) : answer;
    },
    verify: () => call(`${url}/verify`, post({}, VERIFY_TIMEOUT_MS), WorkloadVerdict),
  };
}

/** Starts the platform's workload, or finds it at work; null where the platform has none. */
export async function startWorkload(session: Session, signal: AbortSignal): Promise<Result<Workload | null>> {
  const program = session.definition.platform.workload;
  if (!program) return ok(null);
  const started = await session.supervisor.putHelper(
    HELPER,
    { command: [...program.command], env: program.env, port: program.port },
    signal,
  );
  if (!started.ok) return started;
  return started.value.url === null
    ? { ok: false, problems: [unreachable("it has no port")] }
    : ok(workloadAt(started.value.url));
}

/** The workload that is at work; null where there is none. */
export async function findWorkload(session: Pick<Session, "supervisor">): Promise<Workload | null> {
  const state = await session.supervisor.state();
  const helper = state.ok ? state.value.helpers.find((h) => h.name === HELPER) : undefined;
  return helper?.url ? workloadAt(helper.url) : null;
}
