import { readFile } from "node:fs/promises";
import { type BatonProcess, conductorPid } from "../test/baton-process.ts";
import type { LivePlatform } from "../test/live-platform.ts";

/** The command that drives a leg of a run, started again whenever a fault has ended it. */
export class Driver {
  /** Most memory that any of its processes held, megabytes. */
  peakMegabytes = 0;
  /** How often it was started. */
  starts = 0;
  readonly #platform: LivePlatform;
  readonly #command: readonly string[];
  #process: BatonProcess | null = null;
  #code: number | null = null;
  #forgiven = false;
  #over = new AbortController();
  readonly #sampler: NodeJS.Timeout;

  constructor(platform: LivePlatform, command: readonly string[]) {
    this.#platform = platform;
    this.#command = command;
    this.#sampler = setInterval(() => void this.#sample(), 500);
  }

  /** Which lock of the state folder its process holds. */
  get slot(): "conductor" | "rollback" {
    return this.#command[0] === "rollback" ? "rollback" : "conductor";
  }

  /** Whether its process has ended, or none was started. */
  get ended(): boolean {
    return this.#process === null || this.#code !== null;
  }

  /** Aborts when the process that runs now has ended. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** What ends from here on was ended by a fault, up to the next start. */
  forgive(): void {
    this.#forgiven = true;
  }

  /** Starts the command, or starts it again; the one before must have ended. Throws where it ended without a fault. */
  start(): void {
    if (!this.ended) throw new Error("it still runs");
    if (this.#process !== null && !this.#forgiven) throw new Error(`it ended by itself, ${this.account()}`);
    const over = new AbortController();
    const started = this.#platform.start(...this.#command);
    this.#process = started;
    this.#code = null;
    this.#forgiven = false;
    this.#over = over;
    this.starts += 1;
    void started.ended.then((code) => {
      this.#code = code;
      over.abort();
    });
  }

  /** Resolves with the exit code when the process has ended. */
  async end(): Promise<number> {
    return (await this.#process?.ended) ?? 0;
  }

  /** How it ended and what it said last. */
  account(): string {
    const said = `${this.#process?.stdout() ?? ""}${this.#process?.stderr() ?? ""}`.trim().split("\n");
    return `baton ${this.#command.join(" ")} exit ${this.#code}: ${said.slice(-6).join(" | ")}`;
  }

  /** Asks it to end in order, as Ctrl-C does, and waits for that. */
  async stop(): Promise<void> {
    clearInterval(this.#sampler);
    if (this.ended) return;
    this.#process?.ctrlC();
    await this.#process?.ended;
  }

  async #sample(): Promise<void> {
    const pid = this.ended ? null : await conductorPid(this.#platform.dir, this.slot);
    if (pid === null) return;
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_024;
    this.peakMegabytes = Math.max(this.peakMegabytes, Math.round(peak));
  }
}
