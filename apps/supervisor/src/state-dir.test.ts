import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { prepareStateDir } from "./state-dir.ts";

const roots: string[] = [];
afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true, force: true });
});

const FOLDERS = ["", "secrets", "logs", "keys", "workload"];

async function stateDir(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "baton-state-"));
  roots.push(root);
  return join(root, "state");
}

const modes = (folder: string) =>
  Promise.all(FOLDERS.map(async (name) => (await stat(join(folder, name))).mode & 0o777));

test("the state folder and what it holds are its owner's alone", async () => {
  const fresh = await stateDir();
  expect((await prepareStateDir(fresh, false)).ok).toBe(true);
  expect(await modes(fresh)).toEqual(FOLDERS.map(() => 0o700));
});

test("a state folder that others could read is closed to them", async () => {
  const open = await stateDir();
  for (const name of FOLDERS) {
    await mkdir(join(open, name));
    await chmod(join(open, name), 0o755);
  }
  expect((await prepareStateDir(open, false)).ok).toBe(true);
  expect(await modes(open)).toEqual(FOLDERS.map(() => 0o700));
});

test("PostgreSQL's data that lies in it for another user stays within that user's reach, and nothing more", async () => {
  const open = await stateDir();
  await mkdir(open, { mode: 0o755 });
  await writeFile(join(open, "postgres.moved"), join(open, "baton-postgres-x"));
  expect((await prepareStateDir(open, false)).ok).toBe(true);
  expect(await modes(open)).toEqual([0o711, 0o700, 0o700, 0o700, 0o700]);
  await writeFile(join(open, "postgres.moved"), "/var/lib/baton-postgres-x");
  expect((await prepareStateDir(open, false)).ok).toBe(true);
  expect(await modes(open)).toEqual(FOLDERS.map(() => 0o700));
});
