import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Journal } from "@baton/core";
import { type TestDatabase, testDatabase } from "@baton/testkit";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { append, codes, event, eventually, expectChains, value } from "../conformance/support.ts";
import { createDatabase, type Database } from "./database.ts";
import { migrateJournal } from "./migrate.ts";
import { createPostgresJournal } from "./postgres-journal.ts";
import { type SchemaMigration, schemaMigrations } from "./schema.ts";

const FIRST = schemaMigrations.slice(0, 1);
const newest = schemaMigrations.at(-1)?.number ?? 0;
const later = (sql: string): readonly SchemaMigration[] => [
  ...schemaMigrations,
  { number: newest + 1, name: "later", sql },
];

let database: TestDatabase;
const open: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  database = await testDatabase("upgrade");
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await database.drop();
});

function connect(): Database {
  const made = value(createDatabase(database.url, 1));
  open.push(made);
  return made;
}

async function journal(): Promise<Journal> {
  const made = value(await createPostgresJournal({ url: database.url }));
  open.push(made);
  return made;
}

async function sql(text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** A journal as the first Baton made it, with a run in it, written by the functions of that time. */
async function oldJournal(): Promise<void> {
  value(await migrateJournal(connect(), FIRST));
  await sql("select baton_journal.acquire('run/1', 'old', 60000)");
  await sql(
    `select * from baton_journal.append(array['run/1', 'run/1/control'], array[1, 2, 1], array[0, 0, 2]::bigint[],
       array[2, 1, 1], array['a', 'b', 'c', 'd'], array[1, 1, 1, 1], array['{"n":1}', '{"n":2}', '3', '4'], 'run/1', 1)`,
  );
  await sql("insert into baton_journal.documents values ('abc', 'text')");
}

const tables = () =>
  sql(
    `select c.relname, c.relkind, pg_relation_filenode(c.oid)::text as file from pg_class c
      where relnamespace = to_regnamespace('baton_journal') order by 1`,
  );

describe("an upgrade of the journal's schema", () => {
  it("never rewrites the first change: journals in the world were made by it", () => {
    const text = FIRST[0]?.sql ?? "";
    expect(createHash("sha256").update(text).digest("hex")).toBe(
      "e65ae6c80e08aa34e9db96428a96ba99fd91afbc721c736c775754adc5b055c0",
    );
    expect(schemaMigrations.map(({ number }) => number)).toEqual(schemaMigrations.map((_, n) => n + 1));
  });

  it("takes a journal of the first version with its run to this one, and the run goes on", async () => {
    await oldJournal();
    const upgraded = await journal();
    const events = value(await upgraded.read("run/1"));
    expect(events.map(({ stream, seq, type, data }) => [stream, seq, type, data])).toEqual([
      ["run/1", 1, "a", { n: 1 }],
      ["run/1", 2, "b", { n: 2 }],
      ["run/1/control", 1, "c", 3],
      ["run/1", 3, "d", 4],
    ]);
    expect(value(await upgraded.loadDocument("abc"))).toBe("text");
    expect(value(await upgraded.leaseOf("run/1"))).toMatchObject({ owner: "old", epoch: 1 });
    value(await upgraded.append([append("run/1", 3, event(5))], { name: "run/1", epoch: 1 }));
    expectChains(value(await upgraded.read("run/1")));
    expect(await sql("select number from baton_journal.schema_version order by 1")).toEqual(
      schemaMigrations.map(({ number }) => ({ number })),
    );
  });

  it("is done once when two programs open an old journal at the same moment", async () => {
    await oldJournal();
    const step = later(
      "create table baton_journal.later (n int); insert into baton_journal.later values (1)",
    );
    const both = await Promise.all([migrateJournal(connect(), step), migrateJournal(connect(), step)]);
    expect(both.map(codes)).toEqual([[], []]);
    expect(await sql("select n from baton_journal.later")).toEqual([{ n: 1 }]);
    expect(await sql(`select 1 from baton_journal.schema_version where number = ${newest + 1}`)).toHaveLength(
      1,
    );
  });

  it("that is killed in the middle leaves the version that was there, and the next program does it whole", async () => {
    await oldJournal();
    value(await migrateJournal(connect()));
    const before = await tables();
    const script = fileURLToPath(new URL("../../test/upgrade.ts", import.meta.url));
    const first = "create table baton_journal.later (n int); drop table baton_journal.progress";
    const child = spawn(process.execPath, [script, database.url, first, "select pg_sleep(600)"], {
      stdio: "inherit",
    });
    const busy =
      "select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
    await eventually(async () =>
      (await sql(busy)).length === 1 ? { ok: true, value: null } : { ok: false, problems: [] },
    );
    child.kill("SIGKILL");
    await once(child, "exit");
    // The server sees a client's death when it next speaks to it; here it is told to look.
    await sql(busy.replace("select pid", "select pg_terminate_backend(pid)"));
    await eventually(async () =>
      (await sql(busy)).length === 0 ? { ok: true, value: null } : { ok: false, problems: [] },
    );
    expect(await tables()).toEqual(before);
    expect(value(await (await journal()).read("run/1"))).toHaveLength(4);
    expect(codes(await migrateJournal(connect(), later(first)))).toEqual([]);
    expect(await sql("select to_regclass('baton_journal.progress') as gone")).toEqual([{ gone: null }]);
  });

  it("is refused to an older program where a newer one has been, at each of its looks, and nothing changes", async () => {
    value(await migrateJournal(connect(), later("create table baton_journal.later (n int)")));
    const before = await tables();
    const refused = await createPostgresJournal({ url: database.url });
    expect(refused).toMatchObject({
      problems: [{ code: "BATON-JOURNAL-NEWER", details: { found: newest + 1, known: newest } }],
    });
    expect(await tables()).toEqual(before);
    expect(await sql("select max(number)::int as n from baton_journal.schema_version")).toEqual([
      { n: newest + 1 },
    ]);
  });

  it("is refused to the older of two programs that meet an old journal at the same moment", async () => {
    await oldJournal();
    const [newer, older] = [connect(), connect()];
    const hold = new Client({ connectionString: database.url });
    await hold.connect();
    await hold.query("select pg_advisory_lock(hashtextextended('baton_journal.schema', 0))");
    const step = (n: number): SchemaMigration => ({ number: n, name: `step ${n}`, sql: "select 1" });
    const first = migrateJournal(newer, [...FIRST, step(2), step(3)]);
    const waiting = (n: number) =>
      eventually(async () => {
        const rows = await sql(
          "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return rows.length === n ? { ok: true, value: null } : { ok: false, problems: [] };
      });
    await waiting(1);
    const second = migrateJournal(older, [...FIRST, step(2)]);
    await waiting(2);
    await hold.end();
    expect(codes(await first)).toEqual([]);
    expect(codes(await second)).toEqual(["BATON-JOURNAL-NEWER"]);
    expect(await sql("select number from baton_journal.schema_version order by 1")).toEqual(
      [1, 2, 3].map((number) => ({ number })),
    );
  });
});
