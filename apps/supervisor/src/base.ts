import { join } from "node:path";
import { ok, type Platform, type Result } from "@baton/core";
import type { ProgramHost } from "./managed-program.ts";
import type { PortBook } from "./port-book.ts";
import { commandLine, neutralEnv, type ReadyProgram } from "./program.ts";
import { resolveEnv, type TemplateSource } from "./resolve-templates.ts";

/** What all parts of one supervisor share. */
export interface Base {
  readonly stateDir: string;
  readonly platformDir: string;
  /** The Node that runs scripts. */
  readonly nodePath: string;
  readonly platform: Platform;
  readonly ports: PortBook;
  readonly host: ProgramHost;
  readonly templates: TemplateSource;
}

/** Where the log of a program is. */
export const logPathOf = (base: Pick<Base, "stateDir">, name: string): string =>
  join(base.stateDir, "logs", `${name}.log`);

/** A command with its environment filled in; what the contract of a process says wins over the program's own. */
export function readyProgram(
  base: Base,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  contract: Readonly<Record<string, string>>,
): Result<ReadyProgram> {
  const resolved = resolveEnv(env, base.templates);
  if (!resolved.ok) return resolved;
  return ok({
    ...commandLine(command, base.platformDir, base.nodePath),
    cwd: base.platformDir,
    env: { ...neutralEnv(), ...resolved.value, ...contract },
  });
}

/** `HOST`, `PORT` and `PORT_NAME` of the ports a process listens on. */
export function portEnv(ports: Readonly<Record<string, number>>): Record<string, string> {
  const named = Object.entries(ports).map(([name, port]) => [
    name === "http" ? "PORT" : `PORT_${name.toUpperCase().replaceAll("-", "_")}`,
    String(port),
  ]);
  return { HOST: "127.0.0.1", ...Object.fromEntries(named) };
}
