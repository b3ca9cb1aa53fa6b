import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { isPostmasterOf, readPidFile } from "@baton/journal/embedded/postmaster";
import { isRunning } from "@baton/journal/embedded/process-mark";
import { lockHolder } from "./lock.ts";
import type { ProcessRecord } from "./managed-program.ts";
import { readMemory } from "./memory.ts";
import { findLaunched } from "./process-handle.ts";

/** A process of a state folder that runs: `supervisor`, `postgres`, `keys`, or the name of an instance, helper or run. */
export interface Leftover {
  readonly name: string;
  readonly pid: number;
}

/**
 * Which of the processes written down in a state folder run right now, whether or not a supervisor answers. A process
 * counts only when it is the very one that was written down, not one that was given its number since. Never fails: what
 * cannot be read names no process.
 */
export async function leftovers(stateDir: string): Promise<{ readonly alive: readonly Leftover[] }> {
  const memory = await readMemory(stateDir);
  const recorded: readonly (readonly [string, ProcessRecord | null])[] = [
    ...memory.helpers.map(({ name, process }) => [name, process] as const),
    ...memory.runs.map(({ name, process }) => [name, process] as const),
    ...memory.instances.map(({ spec, process }) => [spec.id, process] as const),
    ["keys", memory.keys?.process ?? null],
  ];
  const holder = await lockHolder(stateDir);
  const found = await Promise.all([
    holder === null ? null : { name: "supervisor", pid: holder.pid },
    ...recorded.map(([name, record]) => living(name, record)),
    livingPostgres(stateDir),
  ]);
  return { alive: found.filter((one) => one !== null) };
}

async function living(name: string, record: ProcessRecord | null): Promise<Leftover | null> {
  if (record === null) return null;
  const mark = record.mark ?? (await findLaunched(record.launch));
  return mark !== null && (await isRunning(mark)) ? { name, pid: mark.pid } : null;
}

/** PostgreSQL's own file says its number; the data folder on its command line says that it is the one. */
async function livingPostgres(stateDir: string): Promise<Leftover | null> {
  const here = await realpath(stateDir).catch(() => stateDir);
  // Where the server cannot reach the state folder its data lies elsewhere, and this file says where.
  const moved = await readFile(join(here, "postgres.moved"), "utf8").catch(() => null);
  const data = moved === null ? join(here, "postgres") : join(moved, "data");
  const pid = (await readPidFile(data))?.pid ?? null;
  return pid !== null && (await isPostmasterOf(pid, data)) ? { name: "postgres", pid } : null;
}
