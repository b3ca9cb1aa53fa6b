import { createHmac } from "node:crypto";
import { resolve } from "node:path";
import type { Result } from "@baton/core";

/** A program with everything filled in. Its environment holds secrets. */
export interface ReadyProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A program the supervisor looks after. */
export interface Program {
  /** `gateway@1.0.0`, `workload`: names its log and stands in messages. */
  readonly name: string;
  readonly logPath: string;
  /** Fills in the templates; asked anew before each start. */
  ready(): Promise<Result<ReadyProgram>>;
  /** Where it answers 200 when it can work; null: it counts as healthy when it runs. */
  readonly healthUrl: string | null;
  readonly healthTimeoutMs: number;
}

/** Of the supervisor's own environment a child gets only what any program needs to run at all. */
const NEUTRAL = [
  "PATH",
  "HOME",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  // What Node keeps compiled between starts; programs of other makes pass it over.
  "NODE_COMPILE_CACHE",
  "TEMP",
  "TMP",
  "SystemRoot",
  "NODE_ENV",
] as const;

/** The neutral part of this process's environment. */
export function neutralEnv(): Record<string, string> {
  const found = NEUTRAL.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

/** The file to start and its arguments: a script is run by our own Node, from the platform's folder. */
export function commandLine(
  command: readonly string[],
  platformDir: string,
  nodePath: string,
): { readonly file: string; readonly args: readonly string[] } {
  const [first = "", ...rest] = command;
  if (!/\.(ts|mts|mjs|cjs|js)$/.test(first)) return { file: first, args: rest };
  return {
    file: nodePath,
    args: ["--disable-warning=ExperimentalWarning", resolve(platformDir, first), ...rest],
  };
}

/** Tells two fillings of a program apart without giving away the secrets in them. */
export function fingerprint(program: ReadyProgram, key: string): string {
  const env = Object.entries(program.env).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHmac("sha256", key)
    .update(JSON.stringify([program.file, program.args, program.cwd, env]))
    .digest("hex");
}
