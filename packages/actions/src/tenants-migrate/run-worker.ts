import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { failed, type Json, ok, type Problem, type Result } from "@baton/core";
import { connectionSecrets } from "@baton/core/redact/connection-secrets";
import { createRedactor, redact, redactJson } from "@baton/core/redact/redact";
import { aborted, problemsOf } from "./tenant-database.ts";
import { WorkerLine, type WorkerOrder } from "./worker-protocol.ts";

const LOG_TAIL = 2_000;
/** Behind the services: beside a platform that leaves nothing it still gets a thirtieth of what a service gets. */
const NICENESS = 15;

/** Who runs the worker, how it is called off, and who hears of its progress. */
export interface WorkerOptions {
  /** Node that runs TypeScript; the one that runs this process by default. */
  readonly nodePath?: string;
  readonly signal: AbortSignal;
  progress(figures: Readonly<Record<string, number>>): void;
}

/**
 * Runs one function of a migration's folder in a process of its own and returns what it returned. The process gets its order,
 * with the secrets in it, through its input; it inherits no environment but what a program needs to start. It is killed when
 * the signal aborts. Problems carry no secret.
 */
export async function runWorker(order: WorkerOrder, options: WorkerOptions): Promise<Result<Json>> {
  const secrets = [...Object.values(order.secrets), ...connectionSecrets(order.connection)];
  if (options.signal.aborted) return failed(aborted(order.tenant.id));
  const child = spawn(options.nodePath ?? process.execPath, [RUNNER], {
    env: startingEnvironment(),
    stdio: ["pipe", "pipe", "pipe"],
    // Ctrl-C at a terminal is for Baton, which lets the work finish or ends it; it must not hit the worker by itself.
    detached: true,
  });
  goEasy(child.pid);
  const kill = () => child.kill("SIGKILL");
  options.signal.addEventListener("abort", kill, { once: true });
  try {
    const { last, log, exit } = await conversation(child, order, options);
    if (options.signal.aborted) return failed(aborted(order.tenant.id));
    if (last?.type === "result") return ok(last.value);
    if (last?.type === "problem")
      return failed(...workerProblems(withoutSecrets(last, secrets), order, secrets));
    return failed(diedProblem(order, exit, redact(log, secrets)));
  } finally {
    options.signal.removeEventListener("abort", kill);
  }
}

const RUNNER = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url),
);

function startingEnvironment(): NodeJS.ProcessEnv {
  const names = ["PATH", "HOME", "TMPDIR", "TEMP", "TZ", "LANG", "SystemRoot"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/**
 * People's requests go first where both want the processor. A process of its own session is, on Linux with autogroups, weighed
 * against the others by its group's niceness and not by its own (sched(7)); so both are set.
 */
function goEasy(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, NICENESS);
  } catch {
    // Not allowed here, or gone already: it works at the usual priority.
  }
  void weighGroup(pid);
}

/** Linux takes such a wish of an ordinary user once in 0.1 s. Where there are no groups the worker keeps the usual weight. */
async function weighGroup(pid: number): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    try {
      return await writeFile(`/proc/${pid}/autogroup`, String(NICENESS), { flag: "r+" });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
      await pause(150, undefined, { ref: false });
    }
  }
}

async function conversation(
  child: ChildProcess,
  order: WorkerOrder,
  options: WorkerOptions,
): Promise<{ last: WorkerLine | null; log: string; exit: string }> {
  let last: WorkerLine | null = null;
  let log = "";
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  child.stdin?.on("error", () => undefined); // it may die before it has read its order
  child.stdin?.write(`${JSON.stringify(order)}\n`);
  child.stderr?.on("data", (chunk) => {
    log = (log + String(chunk)).slice(-LOG_TAIL);
  });
  if (child.stdout)
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = parsedLine(text);
      if (line?.type === "progress") options.progress(line.figures);
      else if (line !== null) last = line;
    });
  return { exit: await ended, last, log };
}

function parsedLine(text: string): WorkerLine | null {
  try {
    const parsed = WorkerLine.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

type ProblemLine = Extract<WorkerLine, { type: "problem" }>;

/** Code of a migration's folder may put anything into what it throws. */
function withoutSecrets(line: ProblemLine, values: readonly string[]): ProblemLine {
  const redactor = createRedactor(values.map((value) => ({ name: "secret", value })));
  const details = redactJson(line.details, redactor).value as ProblemLine["details"];
  return { ...line, message: redactor(line.message).value, details };
}

function workerProblems(
  line: ProblemLine,
  order: WorkerOrder,
  secrets: readonly string[],
): readonly Problem[] {
  const tenant = order.tenant.id;
  if (line.code === "BATON-MIGRATE-EPOCH")
    return [
      {
        code: "BATON-MIGRATE-EPOCH",
        message: line.message,
        remedy: "Let the newer conductor go on; this one has lost its lease.",
        details: line.details,
      },
    ];
  const known = problemsOf(Object.assign(new Error(line.message), { code: line.code }), tenant, secrets);
  if (known[0]?.code !== "BATON-MIGRATE-SQL") return known;
  return [
    {
      code: "BATON-MIGRATE-WORKER",
      message: `Tenant ${tenant}, ${order.function} of ${order.migration}: ${line.message}${line.code === null ? "" : ` (${line.code})`}`,
      remedy: "The work goes on from its last checkpoint when the step is retried.",
      details: { tenant, code: line.code, more: line.details },
    },
  ];
}

const diedProblem = (order: WorkerOrder, exit: string, log: string): Problem => ({
  code: "BATON-MIGRATE-WORKER",
  message: `Tenant ${order.tenant.id}: the worker of ${order.function} ended without a result (${exit}).`,
  remedy: "The work goes on from its last checkpoint when the step is retried.",
  details: { tenant: order.tenant.id, exit, log },
});
