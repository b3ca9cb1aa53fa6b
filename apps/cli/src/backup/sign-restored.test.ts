import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAnchorFile, createVerifier, openSigningKey } from "@baton/adapters";
import { signHeads, verifyJournal } from "@baton/conductor";
import { isIntact, type Journal, ProblemError, type Result } from "@baton/core";
import { createPostgresJournal, readyRestored } from "@baton/journal";
import { type TestDatabase, testDatabase } from "@baton/testkit";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { signRestored } from "./sign-restored.ts";

const value = <T>(result: Result<T>): T => {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
};

let database: TestDatabase;
let dir: string;
let journal: Journal;
beforeEach(async () => {
  database = await testDatabase("sign_restored");
  dir = await mkdtemp(join(tmpdir(), "baton-signed-"));
  await mkdir(join(dir, "secrets"), { mode: 0o700 });
  journal = value(await createPostgresJournal({ url: database.url }));
});
afterEach(async () => {
  await journal.close();
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

const anchor = () => createAnchorFile(join(dir, "anchors"));
const where = () => ({ platformDir: join(dir, "no-platform"), stateDir: dir });
const write = async (expectedSeq: number) =>
  value(
    await journal.append(
      [{ stream: "run/1", expectedSeq, events: [{ type: "a", version: 1, data: expectedSeq }] }],
      null,
    ),
  );

async function verified() {
  const key = value(await openSigningKey({ stateDir: dir, env: {}, create: true }));
  const verify = value(createVerifier([{ pem: key?.publicKey ?? "", from: "test" }]));
  const lines = value(await anchor().read(value(await journal.audit.id())));
  return value(await verifyJournal({ journal, anchor: lines, verify, knowsKeys: true }));
}

async function sign(): Promise<void> {
  const signer = value(await openSigningKey({ stateDir: dir, env: {}, create: true }));
  if (signer === null) throw new Error("no key");
  value(await signHeads({ journal, signer, anchor: anchor() }));
}

test("a journal that came back is signed with its word of that, and is intact", async () => {
  await write(0);
  await sign();
  value(await readyRestored(database.url, { backup: "b" }));
  expect(isIntact(await verified())).toBeNull();
  expect(await signRestored(where(), database.url)).toEqual([]);
  expect(isIntact(await verified())).toBe(true);
});

test("an anchor that knows of more than the journal that came back keeps it from being signed, and that is told", async () => {
  await write(0);
  await sign();
  await write(1);
  await sign();
  // The backup was taken between the two statements; the anchor was kept elsewhere.
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("delete from baton_journal.statements where number = 2");
  await client.end();
  value(await readyRestored(database.url, { backup: "b" }));
  expect((await signRestored(where(), database.url)).map(({ code }) => code)).toEqual([
    "BATON-AUDIT-ANCHOR-AHEAD",
  ]);
  expect(isIntact(await verified())).not.toBe(true);
});
