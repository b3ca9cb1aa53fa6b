import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ProblemError } from "@baton/core";
import { type EmbeddedOptions, removeEmbeddedData, startEmbedded } from "@baton/journal";

/** Where Debian's package `postgresql-15` puts the oldest PostgreSQL that Baton works with. */
const PROGRAMS = "/usr/lib/postgresql/15";

/** Whether PostgreSQL 15 is installed here. Where it is not, what needs it is skipped, unless `BATON_TEST_POSTGRES_15` is `required`. */
export const hasPostgres15 = (): boolean => existsSync(join(PROGRAMS, "bin", "postgres"));

/** Whether the absence of PostgreSQL 15 is a failure, as in CI. */
export const needsPostgres15 = (): boolean => process.env.BATON_TEST_POSTGRES_15 === "required";

/** Options of a throw-away PostgreSQL 15 in this folder, for `startEmbedded`. */
const postgres15Options = (folder: string): EmbeddedOptions => ({
  dataDir: join(folder, "data"),
  logFile: join(folder, "server.log"),
  password: randomBytes(12).toString("hex"),
  programs: PROGRAMS,
  maxConnections: 300,
  durability: "throwaway",
});

/** Starts a PostgreSQL 15 cluster of its own in this folder, on a free port. `end` stops it and removes the folder. */
export async function startPostgres15(
  folder: string,
): Promise<{ readonly url: string; end(): Promise<void> }> {
  const options = postgres15Options(folder);
  const started = await startEmbedded(options);
  if (!started.ok) throw new ProblemError(...started.problems);
  return {
    url: started.value.url(),
    async end() {
      await started.value.stop();
      await removeEmbeddedData(options.dataDir);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
