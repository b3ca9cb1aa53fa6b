import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WorkerLine, type WorkerOrder } from "./worker-protocol.ts";

const LOG_TAIL = 2_000;
/** Behind the services: beside a platform that leaves nothing it still gets a thirtieth of what a service gets. */
export const BEHIND_SERVICES = 15;

const RUNNER = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url),
);

/** What came of one order: its last line, or null where the process ended without one; then `exit` says how. */
export interface OrderEnd {
  readonly last: Exclude<WorkerLine, { type: "progress" }> | null;
  /** The end of what the process wrote to its log during this order. */
  readonly log: string;
  readonly exit: string;
}

/**
 * A process that works off orders, one after the other. It inherits no environment but what a program needs to start, and ends
 * when its input closes, so that it never outlives Baton.
 */
export class WorkerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<string>;
  #alive = true;
  #log = "";
  #heard: (line: WorkerLine) => void = () => undefined;

  /** `niceness`: how far behind others it stands where the processor is short; 0 is their equal. */
  constructor(nodePath: string, niceness: number) {
    this.#child = spawn(nodePath, [RUNNER], {
      env: startingEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
      // Ctrl-C at a terminal is for Baton, which lets the work finish or ends it; it must not hit the worker by itself.
      detached: true,
    });
    if (niceness > 0) giveWay(this.#child.pid, niceness);
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    void this.#ended.then(() => {
      this.#alive = false;
    });
    this.#child.once("exit", () => {
      this.#alive = false;
    });
    this.#child.stdin.on("error", () => undefined); // it may die before it has read its order
    this.#child.stderr.on("data", (chunk) => {
      this.#log = (this.#log + String(chunk)).slice(-LOG_TAIL);
    });
    createInterface({ input: this.#child.stdout }).on("line", (text) => {
      const line = parsedLine(text);
      if (line !== null) this.#heard(line);
    });
  }

  /** False once it has ended. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Works off one order. Only one at a time. */
  async work(
    order: WorkerOrder,
    progress: (figures: Readonly<Record<string, number>>) => void,
  ): Promise<OrderEnd> {
    this.#log = "";
    this.#hold(true);
    let last: OrderEnd["last"] = null;
    const answered = new Promise<string>((resolve) => {
      this.#heard = (line) => {
        if (line.type === "progress") return progress(line.figures);
        last = line;
        resolve("");
      };
    });
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const exit = await Promise.race([answered, this.#ended]);
    this.#heard = () => undefined;
    this.#hold(false);
    return { last, log: this.#log, exit };
  }

  /** Ends it in the middle of whatever it does. */
  kill(): void {
    this.#alive = false;
    this.#child.kill("SIGKILL");
  }

  /** Lets it go: it ends by itself, for nobody has an order for it any more. */
  dismiss(): void {
    this.#alive = false;
    this.#child.stdin.end();
  }

  /** An idle worker keeps nobody from ending. */
  #hold(busy: boolean): void {
    for (const one of [this.#child, this.#child.stdin, this.#child.stdout, this.#child.stderr])
      if (busy) (one as Socket).ref?.();
      else (one as Socket).unref?.();
  }
}

function startingEnvironment(): NodeJS.ProcessEnv {
  const names = ["PATH", "HOME", "TMPDIR", "TEMP", "TZ", "LANG", "SystemRoot", "NODE_COMPILE_CACHE"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/**
 * People's requests go first where both want the processor. A process of its own session is, on Linux with autogroups, weighed
 * against the others by its group's niceness and not by its own (sched(7)); so both are set.
 */
function giveWay(pid: number | undefined, niceness: number): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // Not allowed here, or gone already: it works at the usual priority.
  }
  void weighGroup(pid, niceness);
}

/** Linux takes such a wish of an ordinary user once in 0.1 s. Where there are no groups the worker keeps the usual weight. */
async function weighGroup(pid: number, niceness: number): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    try {
      return await writeFile(`/proc/${pid}/autogroup`, String(niceness), { flag: "r+" });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
      await pause(150, undefined, { ref: false });
    }
  }
}

function parsedLine(text: string): WorkerLine | null {
  try {
    const parsed = WorkerLine.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
