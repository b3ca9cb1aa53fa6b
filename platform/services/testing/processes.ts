import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A service that runs as a process of its own, for a test. */
export interface RunningService {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has written so far, standard output and error together. */
  output(): string;
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, then gone. */
  kill(): Promise<void>;
}

/** How to start one. `entry` is a path below `platform/`. */
export interface ServiceOptions {
  readonly entry: string;
  readonly port?: number;
  readonly env: Readonly<Record<string, string>>;
  readonly health?: string;
}

const PLATFORM = new URL("../../", import.meta.url);
const POLL_MS = 20;
const START_LIMIT_MS = 30_000;

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Starts a service and waits until its health path answers 200. Throws with its output where it ends before. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [fileURLToPath(new URL(options.entry, PLATFORM))], {
    env: { PATH: process.env.PATH, HOST: "127.0.0.1", PORT: String(port), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const service: RunningService = {
    url,
    child,
    output: () => output,
    stop: () => end(child, "SIGTERM"),
    kill: async () => void (await end(child, "SIGKILL")),
  };
  await until(async () => {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${options.entry} ended:\n${output}`);
    return (await fetch(`${url}${options.health ?? "/health/ready"}`).catch(() => undefined))?.status === 200;
  }, START_LIMIT_MS);
  return service;
}

/** Waits until `condition` holds; throws after `limitMs`. */
export async function until(condition: () => Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`the condition did not hold within ${limitMs} ms`);
    await pause(POLL_MS);
  }
}

async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
  return child.exitCode;
}
