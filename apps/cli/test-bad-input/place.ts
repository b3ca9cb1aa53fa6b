import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Problem } from "@baton/core";
import { removeEmbeddedData } from "@baton/journal";
import { copyPlatform } from "../test/platform-copy.ts";

const ENTRY = fileURLToPath(new URL("../bin/baton.mjs", import.meta.url));
const CHECKOUT = fileURLToPath(new URL("../../..", import.meta.url));

/** How a command ended, and all it said. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as one line however wide the terminal was. */
  readonly all: string;
}

/** A command under way. */
export interface Saying {
  readonly ended: Promise<Said>;
  /** Resolves as soon as that was said, or with false when the command ends without it. */
  said(pattern: RegExp): Promise<boolean>;
}

/** A copy of D.Coder that a test may spoil, and a state folder beside it, in a folder of the test's own. */
export interface Place {
  readonly platformDir: string;
  readonly stateDir: string;
  /** Starts `baton ARGS` on both, as a user does, without a terminal. */
  begin(args: readonly string[], env?: Readonly<Record<string, string>>): Saying;
  /** The same, to its end. */
  baton(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Said>;
  /** The same, with nobody who reads its stdout. */
  deaf(args: readonly string[]): Promise<Said>;
  /** Rewrites a file of the platform; fails when nothing in it changes. */
  edit(file: string, change: (text: string) => string): Promise<void>;
  /** What works on this place right now: `pid command`. */
  processes(): Promise<readonly string[]>;
  /** Names in the state folder; empty where there is none. */
  state(): Promise<readonly string[]>;
  /** Files of the state folder that hold a text, PostgreSQL's own left out. */
  findInState(text: string): Promise<readonly string[]>;
  /** Stops what runs, removes everything. */
  end(): Promise<void>;
}

/** Makes a place. `name` becomes part of its path, `state` is the state folder below it. */
export async function aPlace(name = "bad-input", state = "state"): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), `baton-${name}-`));
  const [platformDir, stateDir] = [join(root, "platform"), join(root, state)];
  await copyPlatform(platformDir);
  const here = (args: readonly string[]) =>
    withDefault(withDefault(args, "--platform", platformDir), "--state", stateDir);
  const begin: Place["begin"] = (args, env = {}) => start(here(args), env);
  const baton: Place["baton"] = (args, env) => begin(args, env).ended;
  return {
    platformDir,
    stateDir,
    begin,
    baton,
    deaf: (args) => start(here(args), {}, true).ended,
    async edit(file, change) {
      const path = join(platformDir, file);
      const before = await readFile(path, "utf8");
      const after = change(before);
      if (after === before) throw new Error(`nothing changed in ${file}`);
      await writeFile(path, after);
    },
    processes: () => processesIn(root),
    state: () => readdir(stateDir).catch(() => []),
    findInState: (text) => filesWith(stateDir, text),
    async end() {
      const used = await readdir(stateDir).catch(() => []);
      if (used.length > 0) {
        await start(["down", "--state", stateDir], {}).ended;
        await removeEmbeddedData(join(stateDir, "postgres"));
      }
      await rm(root, { recursive: true, force: true });
    },
  };
}

const withDefault = (args: readonly string[], option: string, value: string): readonly string[] =>
  args.includes(option) ? args : [...args, option, value];

function start(args: readonly string[], env: Readonly<Record<string, string>>, deaf = false): Saying {
  // What this machine's own environment says of databases and keys is not meant for the test.
  const { DATABASE_URL: _database, BATON_KEYS_PASSPHRASE: _passphrase, ...rest } = process.env;
  const child = spawn(process.execPath, [ENTRY, ...args], {
    cwd: CHECKOUT,
    env: { ...rest, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (deaf) child.stdout.destroy();
  let [stdout, stderr] = ["", ""];
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    heard();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    heard();
  });
  const ended = new Promise<Said>((resolve) =>
    child.on("close", (code) =>
      resolve({
        code: code ?? 128,
        stdout,
        stderr,
        all: `${stdout} ${stderr}`.replaceAll(/\s+/g, " "),
      }),
    ),
  );
  const said = (pattern: RegExp): Promise<boolean> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!pattern.test(stdout) && !pattern.test(stderr)) return;
        listeners.delete(look);
        resolve(true);
      };
      listeners.add(look);
      void ended.then(() => resolve(pattern.test(`${stdout}${stderr}`)));
      look();
    });
  return { ended, said };
}

/** Codes of the problems that a person reads, in their order. */
export const codesIn = ({ stderr }: Said): readonly string[] =>
  [...stderr.matchAll(/^error (BATON-[A-Z0-9-]+)/gm)].map(([, code]) => code ?? "");

/** The one JSON line of a command that was asked for it. */
export function jsonOf<T = Record<string, unknown>>({ stdout }: Said): T {
  const lines = stdout.trim().split("\n");
  if (lines.length !== 1) throw new Error(`not one line on stdout:\n${stdout}`);
  return JSON.parse(lines[0] ?? "") as T;
}

/** The problems of a command that was asked for JSON. */
export const problemsOf = (said: Said): readonly Problem[] =>
  jsonOf<{ readonly problems: readonly Problem[] }>(said).problems;

/** Every process that works in a folder or names it on its command line. Without /proc nothing can be said: null. */
async function processesIn(root: string): Promise<readonly string[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return cwd.startsWith(root) || command.includes(root)
        ? [`${pid} ${command.replaceAll("\0", " ")}`]
        : [];
    }),
  );
  return found.flat();
}

async function filesWith(folder: string, text: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "postgres" ? [] : filesWith(path, text);
      return (await readFile(path, "utf8")).includes(text) ? [path] : [];
    }),
  );
  return found.flat();
}

/** Listens on those of the ports that are free now; the others are taken already, which is as good. */
export async function takePorts(ports: readonly number[]): Promise<() => Promise<void>> {
  const servers = await Promise.all(
    ports.map(
      (port) =>
        new Promise<ReturnType<typeof createServer> | null>((resolve) => {
          const server = createServer((socket) => socket.destroy());
          server.once("error", () => resolve(null));
          server.listen(port, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  return async () => {
    await Promise.all(
      servers.map((server) => server && new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  };
}

/** A port that was free a moment ago: a connection to it is refused. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 1;
}
