import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TEST_FOLDER } from "./global-setup.ts";
import { startPostgres15 } from "./postgres-15.ts";

/** Starts the PostgreSQL 15 that the tests of the project `postgres-15` share. Returns what stops it. */
export default async function setup(): Promise<() => Promise<void>> {
  const server = await startPostgres15(await mkdtemp(join(tmpdir(), `${TEST_FOLDER}${process.pid}-`)));
  process.env.BATON_TEST_SERVER_15 = server.url;
  return () => server.end();
}
