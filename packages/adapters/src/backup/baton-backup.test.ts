import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ok, type Result } from "@baton/core";
import { type TestDatabase, testDatabase } from "@baton/testkit";
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { backUpBaton, proveBaton, restoreBaton } from "./baton-backup.ts";

const unhurried = new AbortController().signal;
const PASSPHRASE = "a passphrase";

let source: TestDatabase;
let target: TestDatabase;
let folder: string;
beforeEach(async () => {
  [source, target] = [await testDatabase("baton_backup"), await testDatabase("baton_restored")];
  folder = await mkdtemp(join(tmpdir(), "baton-own-"));
  await sql(
    source.url,
    "create table events (n int primary key); insert into events select generate_series(1, 900)",
  );
  for (const [file, text] of Object.entries(STATE)) {
    await mkdir(dirname(join(folder, "state", file)), { recursive: true });
    await writeFile(join(folder, "state", file), text);
  }
});
afterEach(async () => {
  await Promise.all([source.drop(), target.drop()]);
  await rm(folder, { recursive: true, force: true });
});

/** A state folder: what is kept, and what is not. */
const STATE: Readonly<Record<string, string>> = {
  "keys/keys.sealed": "{sealed}",
  "secrets/keys-baton": "canary-token",
  "secrets/baton-postgres": "canary-password",
  "anchors/j.jsonl": '{"position":900}\n',
  "supervisor-state.json": "{}",
  "postgres/PG_VERSION": "18",
  "logs/a.log": "log",
  "backups/baton/x.backup": "old",
  "workload/ledger.ndjson": "{}",
  "supervisor.json": '{"token":"x"}',
  "supervisor.lock.3": "1",
  "conductor.json": "{}",
  "secrets/half.0d0f5c1e-1111-4222-8333-444455556666": "half-written",
};
const KEPT = [
  "anchors/j.jsonl",
  "keys/keys.sealed",
  "secrets/baton-postgres",
  "secrets/keys-baton",
  "supervisor-state.json",
];

async function sql(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const codes = (result: Result<unknown>): readonly string[] =>
  result.ok ? [] : result.problems.map((one) => one.code);
const path = () => join(folder, "kept", "one.backup");
const make = () =>
  backUpBaton(
    {
      path: path(),
      name: "one",
      stateDir: join(folder, "state"),
      database: source.url,
      passphrase: PASSPHRASE,
      about: null,
    },
    unhurried,
  );
const bring = (passphrase = PASSPHRASE) =>
  restoreBaton(
    {
      path: path(),
      passphrase,
      stateDir: join(folder, "new"),
      place: async () => ok({ admin: target.adminUrl, database: new URL(target.url).pathname.slice(1) }),
    },
    unhurried,
  );

it("keeps the journal and the files it needs, none in clear, and gives them back closed to everybody else", async () => {
  expect(codes(await make())).toEqual([]);
  const bytes = await readFile(path());
  for (const word of ["canary", "keys-baton", "events"]) expect(bytes.includes(word)).toBe(false);
  expect(await bring()).toMatchObject({ ok: true, value: { files: KEPT.length, rows: 900, tables: 1 } });
  const files = (await readdir(join(folder, "new"), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "new").length + 1));
  expect(files.sort()).toEqual(KEPT);
  for (const file of KEPT) {
    expect(await readFile(join(folder, "new", file), "utf8")).toBe(STATE[file]);
    expect((await stat(join(folder, "new", file))).mode & 0o777).toBe(0o600);
  }
  expect(await sql(target.url, "select count(*)::int as n from events")).toEqual([{ n: 900 }]);
});

it("opens with its passphrase only, and is not restored over a database that holds tables", async () => {
  expect(codes(await make())).toEqual([]);
  expect(codes(await bring("another passphrase"))).toEqual(["BATON-BACKUP-KEY"]);
  await sql(target.url, "create table mine (n int)");
  expect(codes(await bring())).toEqual(["BATON-RESTORE-OCCUPIED"]);
  expect(await sql(target.url, "select count(*)::int as n from mine")).toEqual([{ n: 0 }]);
});

it("is proven by a restore that leaves no database and writes no file", async () => {
  expect(codes(await make())).toEqual([]);
  const proven = await proveBaton({ path: path(), passphrase: PASSPHRASE, admin: source.url }, unhurried);
  expect(proven).toMatchObject({ ok: true, value: { files: KEPT.length, rows: 900 } });
  expect(
    await sql(source.url, "select 1 from pg_database where starts_with(datname, 'baton_proof')"),
  ).toEqual([]);
  expect((await readdir(folder)).sort()).toEqual(["kept", "state"]);
});
