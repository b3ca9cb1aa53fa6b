import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import type { RunBody, RunOutcome } from "@baton/adapters";
import { failed, ok, type Result } from "@baton/core";
import { type Base, logPathOf, readyProgram } from "./base.ts";
import { delay } from "./health.ts";
import { logTail } from "./log-tail.ts";
import type { ProcessRecord } from "./managed-program.ts";
import type { Memory } from "./memory.ts";
import { adoptProcess, findLaunched, type ProcessHandle, startProcess } from "./process-handle.ts";

/** Programs that run to their end, such as the seed. */
export interface RunSet {
  /** Ends what a supervisor before us left running: nobody waits for it any more. */
  endLeft(): Promise<void>;
  /** Runs a program to its end; when the signal aborts, it is ended. */
  run(program: RunBody, signal: AbortSignal): Promise<Result<RunOutcome>>;
  stopAll(): Promise<void>;
  snapshot(): Memory["runs"];
}

const TAIL_LINES = 20;
const STOP_PATIENCE_MS = 10_000;

/** An empty set that remembers what `before` says. */
export function createRunSet(base: Base, before: Memory["runs"]): RunSet {
  const running = new Map<string, { name: string; process: ProcessRecord }>();
  const stop = new AbortController();
  const settled = new Set<Promise<unknown>>();

  const run = async (program: RunBody, signal: AbortSignal): Promise<Result<RunOutcome>> => {
    const name = program.name ?? "run";
    const ready = readyProgram(base, program.command, program.env ?? {}, { SERVICE_NAME: name });
    if (!ready.ok) return ready;
    const launch = randomUUID();
    const logPath = logPathOf(base, name);
    const logStart = (await stat(logPath).catch(() => null))?.size ?? 0;
    running.set(launch, { name, process: { launch, mark: null, fingerprint: "" } });
    await base.host.save();
    try {
      const handle = await startProcess(ready.value, launch, logPath);
      running.set(launch, { name, process: { launch, mark: handle.mark, fingerprint: "" } });
      await base.host.save();
      const { code } = await untilEnded(handle, AbortSignal.any([signal, stop.signal]));
      const tail = await logTail(logPath, TAIL_LINES, base.host.secretValues(), logStart);
      return ok({ exitCode: code, tail: [...tail] });
    } catch (error) {
      const why = error instanceof Error && "code" in error ? String(error.code) : "it cannot be run";
      return failed({
        code: "BATON-RUN-COMMAND",
        message: `${name} cannot be started: ${why}.`,
        remedy: "Check its `command` in platform.yaml.",
      });
    } finally {
      running.delete(launch);
      await base.host.save();
    }
  };

  return {
    async endLeft() {
      for (const { process } of before) {
        const mark = process.mark ?? (await findLaunched(process.launch));
        const handle = mark === null ? null : await adoptProcess(mark);
        if (handle !== null) await untilEnded(handle, AbortSignal.abort());
      }
    },
    run(program, signal) {
      const outcome = run(program, signal);
      settled.add(outcome);
      void outcome.finally(() => settled.delete(outcome));
      return outcome;
    },
    async stopAll() {
      stop.abort();
      await Promise.allSettled(settled);
    },
    snapshot: () => [...running.values()],
  };
}

/** Waits for the end; when the signal aborts, asks for it, and after ten seconds makes it. */
async function untilEnded(handle: ProcessHandle, signal: AbortSignal): Promise<{ code: number | null }> {
  const over = new AbortController();
  const ended = handle.ended.finally(() => over.abort());
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true, signal: over.signal });
  });
  await Promise.race([ended, aborted]);
  if (!over.signal.aborted) {
    handle.signal("SIGTERM");
    await delay(STOP_PATIENCE_MS, over.signal);
    if (!over.signal.aborted) handle.signal("SIGKILL");
  }
  const outcome = await ended;
  await handle.killGroup();
  return outcome;
}
