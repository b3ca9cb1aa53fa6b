import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Orders } from "./driver-process.ts";

/** A line a driver printed. */
export interface Said {
  readonly said: string;
  readonly outcome?: string;
  readonly code?: string;
}

export interface Driver {
  readonly pid: number;
  /** Resolves with the line that says this; rejects when the process ends without it. */
  hears(said: string): Promise<Said>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when the process has ended, with its last line and the signal that ended it. */
  readonly ended: Promise<{
    readonly last: Said | null;
    readonly signal: NodeJS.Signals | null;
    readonly errors: string;
  }>;
}

/** Starts a conductor in a process of its own. */
export function startDriver(orders: Orders): Driver {
  const child = spawn(process.execPath, [fileURLToPath(new URL("driver-process.ts", import.meta.url))], {
    env: { ...process.env, BATON_TEST_DRIVER: JSON.stringify(orders) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: Said[] = [];
  const listeners = new Set<() => void>();
  let errors = "";
  let over = false;
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as Said);
    tell();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<Awaited<Driver["ended"]>>((resolve) => {
    child.on("close", (_code, signal) => {
      over = true;
      tell();
      resolve({ last: lines.at(-1) ?? null, signal, errors });
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    signal: (name) => void child.kill(name),
    hears: (said) =>
      new Promise((resolve, reject) => {
        const listen = () => {
          const line = lines.find((one) => one.said === said);
          if (line === undefined && !over) return;
          listeners.delete(listen);
          if (line) resolve(line);
          else
            reject(new Error(`the driver ended without saying ${said}: ${JSON.stringify(lines)} ${errors}`));
        };
        listeners.add(listen);
        listen();
      }),
  };
}
