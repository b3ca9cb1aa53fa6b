import { failed, type Json, ok, type Result } from "@baton/core";
import { connectionSecrets } from "@baton/core/redact/connection-secrets";
import { redact } from "@baton/core/redact/redact";
import { aborted } from "./tenant-database.ts";
import { diedProblem, workerProblems } from "./worker-problems.ts";
import { BEHIND_SERVICES, WorkerProcess } from "./worker-process.ts";
import type { WorkerOrder } from "./worker-protocol.ts";

/** How long a worker waits for a next order of its kind. A step's tenants follow each other at once. */
const IDLE_MS = 1_000;

/** How an order is carried out. */
export interface WorkerOptions {
  /** The migration's files as they are now: a worker that has loaded others is never taken. */
  readonly digest: string;
  readonly signal: AbortSignal;
  progress(figures: Readonly<Record<string, number>>): void;
}

/** What workers are started with. */
export interface WorkersOptions {
  /** Node that runs them; the one of this process by default. */
  readonly nodePath?: string;
  /** How far they stand behind other processes, 0 to 19; behind the services by default. */
  readonly niceness?: number;
}

/** Runs functions of migrations' folders in processes of their own. */
export interface Workers {
  /**
   * Runs one function and returns what it returned. The process gets its order, with the secrets in it, through its input. It
   * is killed when the signal aborts. Problems carry no secret.
   */
  run(order: WorkerOrder, options: WorkerOptions): Promise<Result<Json>>;
}

/**
 * Workers that serve one tenant after another: to start one costs more than to encrypt a small tenant. One serves only one
 * function of one state of the files, so that what verifies is never the process that encrypted.
 */
export function createWorkers({
  nodePath = process.execPath,
  niceness = BEHIND_SERVICES,
}: WorkersOptions = {}): Workers {
  const idle = new Map<string, WorkerProcess[]>();

  const take = (kind: string): WorkerProcess => {
    for (let one = idle.get(kind)?.pop(); one !== undefined; one = idle.get(kind)?.pop())
      if (one.alive) return one;
    return new WorkerProcess(nodePath, niceness);
  };

  const rest = (kind: string, worker: WorkerProcess): void => {
    const waiting = idle.get(kind) ?? [];
    idle.set(kind, waiting);
    waiting.push(worker);
    setTimeout(() => {
      const at = waiting.indexOf(worker);
      if (at < 0) return;
      waiting.splice(at, 1);
      worker.dismiss();
    }, IDLE_MS).unref();
  };

  return {
    async run(order, { digest, signal, progress }) {
      if (signal.aborted) return failed(aborted(order.tenant.id));
      const secrets = [...Object.values(order.secrets), ...connectionSecrets(order.connection)];
      const kind = JSON.stringify([order.module, order.function, digest]);
      const worker = take(kind);
      const kill = () => worker.kill();
      signal.addEventListener("abort", kill, { once: true });
      try {
        const { last, log, exit } = await worker.work(order, progress);
        if (signal.aborted) return failed(aborted(order.tenant.id));
        if (last === null) return failed(diedProblem(order, exit, redact(log, secrets)));
        // What failed may have left anything behind in its memory.
        if (last.type === "problem") worker.dismiss();
        else rest(kind, worker);
        return last.type === "result" ? ok(last.value) : failed(...workerProblems(last, order, secrets));
      } finally {
        signal.removeEventListener("abort", kill);
      }
    },
  };
}
