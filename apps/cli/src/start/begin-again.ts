import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createSupervisorClient } from "@baton/adapters";
import { failed, ok, type Platform, type Problem, type Result } from "@baton/core";
import { removeEmbeddedData } from "@baton/journal";
import type { Where } from "@baton/session";
import { takeDown } from "../session/take-down.ts";

const external: Problem = {
  code: "BATON-FRESH-EXTERNAL",
  message:
    "Databases are on a server of your own (DATABASE_URL, or one of `servers` in platform.yaml), which Baton does not wipe.",
  remedy:
    "Drop Baton's and the platform's databases there yourself, then remove the state folder: it holds the only copy of the keys and passwords those databases need.",
};

/**
 * Stops what runs on the state folder and removes all that Baton keeps there, the databases included. Only the names Baton
 * itself gives are removed, so that a wrong `--state` costs nobody a folder of their own. Refused where the databases are not
 * Baton's own: without the keys and secrets that would go, what they hold could never be read again.
 */
export async function beginAgain(
  where: Where,
  platform: Pick<Platform, "servers">,
  say: (line: string) => void,
): Promise<Result<void>> {
  const { stateDir } = where;
  const state = await createSupervisorClient(stateDir).state();
  const named = ["DATABASE_URL", ...Object.values(platform.servers)].some((name) => process.env[name]);
  const used = state.ok && (state.value.postgres.state === "external" || state.value.servers.length > 0);
  if (named || used) return failed(external);
  const down = await takeDown(where, say);
  if (!down.ok) return down;
  await removeEmbeddedData(join(stateDir, "postgres"));
  const names = [
    ...["keys", "logs", "postgres", "secrets", "workload"],
    ...[
      "conductor.json",
      "rollback.json",
      "stand-by.json",
      "server.json",
      "supervisor.json",
      "supervisor-state.json",
    ],
  ];
  for (const name of names) await rm(join(stateDir, name), { recursive: true, force: true });
  return ok(undefined);
}
