import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ok, type Result } from "@baton/core";
import { removeEmbeddedData } from "@baton/journal";
import { takeDown } from "../session/take-down.ts";

/**
 * Stops what runs on the state folder and removes all that Baton keeps there, the databases included. Only the names Baton
 * itself gives are removed, so that a wrong `--state` costs nobody a folder of their own.
 */
export async function beginAgain(stateDir: string, say: (line: string) => void): Promise<Result<void>> {
  const down = await takeDown(stateDir, say);
  if (!down.ok) return down;
  await removeEmbeddedData(join(stateDir, "postgres"));
  const names = [
    "keys",
    "logs",
    "postgres",
    "secrets",
    "workload",
    "conductor.json",
    "supervisor.json",
    "supervisor-state.json",
  ];
  for (const name of names) await rm(join(stateDir, name), { recursive: true, force: true });
  return ok(undefined);
}
