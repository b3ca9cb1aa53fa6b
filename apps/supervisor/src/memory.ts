import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HelperBody, InstanceSpecBody } from "@baton/adapters";
import { z } from "zod";
import { writeWhole } from "./files.ts";

const FILE = "supervisor-state.json";

const Process = z.object({
  launch: z.string(),
  mark: z.object({ pid: z.int().positive(), startMark: z.string() }).nullable(),
  fingerprint: z.string(),
});

const Kept = {
  process: Process.nullable().default(null),
  /** Whether it was ever healthy: what never was is not brought back. */
  wasHealthy: z.boolean(),
  restarts: z.int().default(0),
};

/** What a supervisor leaves for the one after it, after `down` as after a crash. Templates are unresolved: it holds no secret. */
export const Memory = z.object({
  version: z.literal(1),
  ports: z.record(z.string(), z.object({ wanted: z.int(), got: z.int() })).default({}),
  /** The instance that `${service.NAME.url}` means, by service. */
  base: z.record(z.string(), z.string()).default({}),
  instances: z.array(z.object({ spec: InstanceSpecBody, slot: z.string(), ...Kept })).default([]),
  /** Highest epoch under which a conductor changed an instance, by the instance's id; gone instances too. */
  fences: z.record(z.string(), z.int()).default({}),
  helpers: z.array(z.object({ name: z.string(), helper: HelperBody, ...Kept })).default([]),
  keys: z.object(Kept).nullable().default(null),
  /** Programs that run to an end; what is left of one is ended. */
  runs: z.array(z.object({ name: z.string(), process: Process })).default([]),
});
export type Memory = z.infer<typeof Memory>;

/** What was left in this state folder; an empty memory where there is nothing readable. */
export async function readMemory(stateDir: string): Promise<Memory> {
  try {
    return Memory.parse(JSON.parse(await readFile(join(stateDir, FILE), "utf8")));
  } catch {
    return Memory.parse({ version: 1 });
  }
}

/**
 * Takes the processes out of the memory of a state folder that was brought back from a backup: they are another folder's, or long
 * gone. What was healthy is started again by the next supervisor.
 */
export async function forgetProcesses(stateDir: string): Promise<void> {
  const { instances, helpers, keys, ...rest } = await readMemory(stateDir);
  const alone = <T extends { process: unknown }>(one: T) => ({ ...one, process: null });
  const memory: Memory = {
    ...rest,
    instances: instances.map(alone),
    helpers: helpers.map(alone),
    keys: keys === null ? null : alone(keys),
    runs: [],
  };
  await writeWhole(join(stateDir, FILE), `${JSON.stringify(memory)}\n`);
}

/** Writes the memory of a state folder, the newest last: writes queue, and one that was overtaken is left out. */
export function memoryWriter(stateDir: string, take: () => Memory): () => Promise<void> {
  let line: Promise<void> = Promise.resolve();
  let queued: Promise<void> | null = null;
  return () => {
    queued ??= line.then(() => {
      queued = null;
      const written = writeWhole(join(stateDir, FILE), `${JSON.stringify(take())}\n`);
      line = written.catch(() => {});
      return written;
    });
    return queued;
  };
}
