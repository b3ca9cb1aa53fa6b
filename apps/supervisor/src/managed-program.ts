import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { failed, ok, type Problem, type Result } from "@baton/core";
import { isRunning, type ProcessMark } from "@baton/journal/embedded/process-mark";
import { delay, type HealthOutcome, waitHealthy } from "./health.ts";
import { loggedProblem, logTail } from "./log-tail.ts";
import { adoptProcess, findLaunched, type ProcessHandle, startProcess } from "./process-handle.ts";
import { fingerprint, type Program } from "./program.ts";

/** What is written down of a process, so that a later supervisor finds it: `mark` is null between the plan to start and the start. */
export interface ProcessRecord {
  readonly launch: string;
  readonly mark: ProcessMark | null;
  readonly fingerprint: string;
}

/** What a managed program needs of the supervisor around it. */
export interface ProgramHost {
  /** Keys the fingerprints; a secret. */
  readonly fingerprintKey: string;
  /** Writes down all programs as they stand; resolves when that is on disk. Never rejects. */
  save(): Promise<void>;
  /** Every secret known now, for cleaning what is shown of a log. */
  secretValues(): readonly string[];
  log(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What a program leaves for a later supervisor. */
export interface ProgramSnapshot {
  readonly process: ProcessRecord | null;
  /** Whether it was ever healthy: then it is brought back also by a later supervisor. */
  readonly wasHealthy: boolean;
  readonly restarts: number;
}

/** How a program stands: `failed` also while it waits to be tried again, `stopping` from the wish to end it on. */
export type ProgramState = "starting" | "healthy" | "failed" | "stopping";

const TAIL_LINES = 20;
const STOP_PATIENCE_MS = 10_000;
const BACKOFF_FIRST_MS = 100;
const BACKOFF_LONGEST_MS = 5_000;
/** A process that stood this long before it ended begins the backoff anew. */
const STEADY_MS = 30_000;

/**
 * Keeps one program running: starts it, waits until it is healthy, and starts it again when it ends. The first start may
 * fail and is then reported and not repeated; a program that was healthy once is brought back for as long as it is wanted.
 */
export class ManagedProgram {
  readonly program: Program;
  #host: ProgramHost;
  #state: ProgramState = "starting";
  #handle: ProcessHandle | null = null;
  #restarts: number;
  #wasHealthy: boolean;
  #inherited: boolean;
  #record: ProcessRecord | null;
  #keeping: Promise<void> | null = null;
  #stop = new AbortController();
  #hurry = new AbortController();
  #waiters: ((result: Result<void>) => void)[] = [];

  constructor(program: Program, host: ProgramHost, before?: ProgramSnapshot) {
    this.program = program;
    this.#host = host;
    this.#record = before?.process ?? null;
    this.#inherited = this.#record !== null;
    this.#wasHealthy = before?.wasHealthy ?? false;
    this.#restarts = before?.restarts ?? 0;
  }

  get state(): ProgramState {
    return this.#state;
  }
  /** Null while no process runs. */
  get pid(): number | null {
    return this.#handle?.mark.pid ?? null;
  }
  /** How often it was brought back after it had ended by itself. */
  get restarts(): number {
    return this.#restarts;
  }
  snapshot(): ProgramSnapshot {
    return { process: this.#record, wasHealthy: this.#wasHealthy, restarts: this.#restarts };
  }

  /** Resolves when the program is healthy; with problems when this try (or the one under way) failed. */
  start(): Promise<Result<void>> {
    if (this.#stop.signal.aborted) return Promise.resolve(this.#stopped());
    if (this.#state === "healthy") return Promise.resolve(ok(undefined));
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#hurry.abort();
      this.#keeping ??= this.#keep();
    });
  }

  /** Ends the program for good: asked first, after ten seconds made to. Resolves when no process of it is left. */
  async stop(): Promise<void> {
    this.#state = "stopping";
    this.#stop.abort();
    await this.#keeping;
    const left = await this.#takeInherited();
    if (left !== null) await this.#end(left);
    await this.#write(null);
  }

  async #keep(): Promise<void> {
    let backoff = BACKOFF_FIRST_MS;
    while (!this.#stop.signal.aborted) {
      const since = performance.now();
      const result = await this.#attempt();
      if (this.#stop.signal.aborted) break;
      if (!result.ok) this.#state = "failed";
      // Given up before the waiters hear of it: one of them may ask for a start at once.
      if (!result.ok && !this.#wasHealthy) this.#keeping = null;
      this.#tell(result);
      if (!result.ok && !this.#wasHealthy) return;
      if (result.ok) {
        await this.#untilEnded();
        if (this.#stop.signal.aborted) break;
        this.#restarts += 1;
        this.#host.log("ended by itself, starting it again", {
          name: this.program.name,
          restarts: this.#restarts,
        });
      }
      if (performance.now() - since > STEADY_MS) backoff = BACKOFF_FIRST_MS;
      await this.#pause(backoff);
      backoff = Math.min(backoff * 2, BACKOFF_LONGEST_MS);
    }
    if (this.#handle !== null) await this.#end(this.#handle);
    this.#tell(this.#stopped());
  }

  /** Waits out the backoff, unless somebody asks for the program or it is to stop. */
  async #pause(ms: number): Promise<void> {
    this.#hurry = new AbortController();
    if (this.#waiters.length > 0) return;
    await delay(ms, AbortSignal.any([this.#hurry.signal, this.#stop.signal]));
  }

  async #attempt(): Promise<Result<void>> {
    this.#state = "starting";
    const ready = await this.program.ready();
    if (!ready.ok) return ready;
    const print = fingerprint(ready.value, this.#host.fingerprintKey);
    const logStart = await logSize(this.program.logPath);
    let handle = await this.#takeInherited(print);
    const adopted = handle !== null;
    if (handle === null) {
      const launch = randomUUID();
      await this.#write({ launch, mark: null, fingerprint: print });
      if (this.#stop.signal.aborted) return this.#stopped();
      try {
        handle = await startProcess(ready.value, launch, this.program.logPath);
      } catch (error) {
        return this.#notStarted(error);
      }
      this.#handle = handle;
      await this.#write({ launch, mark: handle.mark, fingerprint: print });
    }
    this.#handle = handle;
    const { healthUrl, healthTimeoutMs } = this.program;
    const outcome = await waitHealthy(healthUrl, healthTimeoutMs, handle.ended, this.#stop.signal);
    if (outcome === "healthy") {
      this.#state = "healthy";
      this.#wasHealthy = true;
      await this.#host.save();
      this.#host.log(adopted ? "taken over" : "healthy", { name: this.program.name, pid: handle.mark.pid });
      return ok(undefined);
    }
    await this.#end(handle);
    return outcome === "stopped" ? this.#stopped() : this.#unhealthy(outcome, logStart);
  }

  async #untilEnded(): Promise<void> {
    const handle = this.#handle;
    if (handle === null) return;
    const stopped = new Promise<void>((resolve) => {
      if (this.#stop.signal.aborted) resolve();
      else this.#stop.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([handle.ended, stopped]);
    // Said at once: to end what it left behind takes a moment, in which nothing of it is healthy.
    if (!this.#stop.signal.aborted) this.#state = "starting";
    await this.#end(handle);
  }

  async #end(handle: ProcessHandle): Promise<void> {
    handle.signal("SIGTERM");
    const patience = new AbortController();
    const ended = handle.ended.then(() => patience.abort());
    await Promise.race([ended, delay(STOP_PATIENCE_MS, patience.signal)]);
    if (!patience.signal.aborted) {
      this.#host.log("did not end when asked, ending it", { name: this.program.name, pid: handle.mark.pid });
      handle.signal("SIGKILL");
      await handle.ended;
    }
    await handle.killGroup();
    this.#handle = null;
  }

  /** The process a supervisor before us left, where it still runs: kept when it was started just so (`print`), else ended. */
  async #takeInherited(print?: string): Promise<ProcessHandle | null> {
    const record = this.#inherited ? this.#record : null;
    this.#inherited = false;
    if (record === null) return null;
    const mark = record.mark ?? (await findLaunched(record.launch));
    const handle = mark === null ? null : await adoptProcess(mark);
    if (handle === null || print === undefined || record.fingerprint === print) return handle;
    this.#host.log("was started otherwise, ending it", { name: this.program.name, pid: handle.mark.pid });
    await this.#end(handle);
    return null;
  }

  async #write(record: ProcessRecord | null): Promise<void> {
    this.#record = record;
    await this.#host.save();
  }

  #tell(result: Result<void>): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve(result);
  }

  #stopped(): Result<never> {
    return failed({
      code: "BATON-DEPLOY-STOPPED",
      message: `${this.program.name} was stopped before it was healthy.`,
      remedy: "Start it again if it is still wanted.",
    });
  }

  #notStarted(error: unknown): Result<never> {
    const why = error instanceof Error && "code" in error ? String(error.code) : "it cannot be run";
    return failed({
      code: "BATON-DEPLOY-COMMAND",
      message: `${this.program.name} cannot be started: ${why}.`,
      remedy: "Check its `command` in the release file.",
    });
  }

  async #unhealthy(outcome: HealthOutcome, logStart: number): Promise<Result<never>> {
    const tail = await logTail(this.program.logPath, TAIL_LINES, this.#host.secretValues(), logStart);
    const own = loggedProblem(tail);
    if (own !== null) return failed(own);
    const seconds = Math.round(this.program.healthTimeoutMs / 1000);
    const what = outcome === "ended" ? "ended before it was healthy" : `was not healthy within ${seconds} s`;
    const problem: Problem = {
      code: "BATON-DEPLOY-UNHEALTHY",
      message: [
        `${this.program.name} ${what}. The end of its log:`,
        ...(tail.length > 0 ? tail : ["(it said nothing)"]),
      ].join("\n  "),
      remedy: `Read ${this.program.logPath}, mend the cause and start it again.`,
      details: { name: this.program.name, log: this.program.logPath, tail },
    };
    return failed(problem);
  }
}

const logSize = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0;

/** Whether the process a supervisor before us wrote down still runs. */
export async function stillRuns(record: ProcessRecord | null): Promise<boolean> {
  if (record === null) return false;
  const mark = record.mark ?? (await findLaunched(record.launch));
  return mark !== null && (await isRunning(mark));
}
