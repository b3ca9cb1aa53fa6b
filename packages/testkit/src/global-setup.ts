import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProblemError } from "@baton/core";
import { type EmbeddedServer, removeEmbeddedData, startEmbedded } from "@baton/journal";
import { isAlive } from "@baton/journal/embedded/process-mark";

/** How the folders of test servers begin; the id of the process they belong to follows. */
export const TEST_FOLDER = "baton-tests-";

/**
 * Starts the one PostgreSQL that all tests share, in a folder of its own under the system's temp folder, and tells
 * the test processes its address by the environment. Returns what stops it. Speed goes before safety here: a test
 * that is about safety starts a server of its own.
 */
export default async function setup(): Promise<() => Promise<void>> {
  await removeAbandoned();
  const folder = await mkdtemp(join(tmpdir(), `${TEST_FOLDER}${process.pid}-`));
  const started = await startEmbedded({
    dataDir: join(folder, "data"),
    logFile: join(folder, "server.log"),
    password: randomBytes(12).toString("hex"),
    maxConnections: 300,
    durability: "throwaway",
  });
  if (!started.ok) throw new ProblemError(...started.problems);
  process.env.BATON_TEST_POSTGRES = started.value.url();
  return () => teardown(started.value, folder);
}

async function teardown(server: EmbeddedServer, folder: string): Promise<void> {
  await server.stop();
  await removeEmbeddedData(join(folder, "data"));
  await rm(folder, { recursive: true, force: true });
}

/** A test run that was killed leaves its server behind; the next run ends it, and whoever killed it may. */
export async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = Number(name.startsWith(TEST_FOLDER) ? name.slice(TEST_FOLDER.length).split("-")[0] : "");
    if (!Number.isInteger(owner) || owner <= 0 || (await isAlive(owner))) continue;
    await removeOne(join(tmpdir(), name)).catch(() => undefined); // another user's, or another run removes it now
  }
}

async function removeOne(folder: string): Promise<void> {
  const dataDir = join(folder, "data");
  // An unknown password makes the starter end the server it finds; the folder then goes with it.
  const found = await startEmbedded({ dataDir, logFile: join(folder, "server.log"), password: "unknown" });
  if (found.ok) await found.value.stop();
  await removeEmbeddedData(dataDir);
  await rm(folder, { recursive: true, force: true });
}
