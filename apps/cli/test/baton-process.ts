import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeEmbeddedData } from "@baton/journal";

const ENTRY = fileURLToPath(new URL("../bin/baton.mjs", import.meta.url));
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** A `baton` command under way, with what it has said so far. */
export interface BatonProcess {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the exit code when the process has ended and its pipes are drained. */
  readonly ended: Promise<number>;
  /** Sends a signal to this process alone. */
  signal(name: NodeJS.Signals): void;
  /** Sends INT to its whole group, as Ctrl-C at a terminal does. */
  ctrlC(): void;
  /** Resolves when stdout or stderr matches; rejects when the process ends or the bound passes first. */
  said(pattern: RegExp, boundMs?: number): Promise<RegExpMatchArray>;
}

/** Starts `baton ARGS` on a state folder of its own, as a user would: through the launcher, in the checkout. */
export const baton = (stateDir: string, args: readonly string[]): BatonProcess =>
  listen(spawnIn(process.execPath, [ENTRY, ...args, "--state", stateDir]));

/** Starts `npm start --silent -- ARGS`, as the README says; the child is npm itself. */
export const npmStart = (stateDir: string, args: readonly string[]): BatonProcess =>
  listen(spawnIn("npm", ["start", "--silent", "--", ...args, "--state", stateDir]));

/** Without a terminal, and without what the machine's own environment may say of databases and keys. */
function spawnIn(file: string, args: readonly string[]): ChildProcess {
  const { DATABASE_URL: _database, BATON_KEYS_PASSPHRASE: _passphrase, ...env } = process.env;
  return spawn(file, args, {
    cwd: ROOT,
    env: { ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, as a shell gives to each command.
    detached: true,
  });
}

function listen(child: ChildProcess): BatonProcess {
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    heard();
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    heard();
  });
  const ended = new Promise<number>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? (signal ? 128 : 1))),
  );
  const said = (pattern: RegExp, boundMs = 300_000): Promise<RegExpMatchArray> =>
    new Promise((resolve, reject) => {
      const done = (act: () => void): void => {
        listeners.delete(look);
        clearTimeout(bound);
        act();
      };
      const look = (): void => {
        const match = stdout.match(pattern) ?? stderr.match(pattern);
        if (match) done(() => resolve(match));
      };
      const bound = setTimeout(
        () => done(() => reject(new Error(`not said within ${boundMs} ms: ${pattern}\n${tail()}`))),
        boundMs,
      );
      listeners.add(look);
      void ended.then((code) => {
        look();
        if (listeners.has(look))
          done(() => reject(new Error(`ended with ${code} before it said ${pattern}\n${tail()}`)));
      });
      look();
    });
  const tail = (): string => `--- stdout\n${stdout.slice(-3000)}\n--- stderr\n${stderr.slice(-3000)}`;
  const signal = (name: NodeJS.Signals): void => void child.kill(name);
  const ctrlC = (): void => void (child.pid !== undefined && process.kill(-child.pid, "SIGINT"));
  return { stdout: () => stdout, stderr: () => stderr, ended, signal, ctrlC, said };
}

/** Runs `baton ARGS --json` to its end and parses the JSON line. */
export async function batonJson(
  stateDir: string,
  args: readonly string[],
): Promise<{ code: number; value: unknown; stderr: string }> {
  const run = baton(stateDir, [...args, "--json"]);
  const code = await run.ended;
  const line = run.stdout().trim().split("\n").at(-1) ?? "";
  try {
    return { code, value: JSON.parse(line), stderr: run.stderr() };
  } catch {
    throw new Error(
      `baton ${args.join(" ")} printed no JSON (exit ${code})\n${run.stdout()}\n${run.stderr()}`,
    );
  }
}

/** A fresh state folder, and a way to stop all that runs on it and remove it. */
export async function freshState(): Promise<{ dir: string; cleanup(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "baton-e2e-"));
  return {
    dir,
    async cleanup() {
      await baton(dir, ["down"]).ended;
      await removeEmbeddedData(join(dir, "postgres"));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Pid of the conductor that `baton start`, `baton run` or `baton rollback` wrote into the state folder; null when there is none. */
export async function conductorPid(
  stateDir: string,
  slot: "conductor" | "rollback" = "conductor",
): Promise<number | null> {
  try {
    return (JSON.parse(await readFile(join(stateDir, `${slot}.json`), "utf8")) as { pid: number }).pid;
  } catch {
    return null;
  }
}

/** Polls until `condition` yields something; rejects after the bound. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | null | undefined | false>,
  boundMs = 300_000,
): Promise<T> {
  const end = performance.now() + boundMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`not within ${boundMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
