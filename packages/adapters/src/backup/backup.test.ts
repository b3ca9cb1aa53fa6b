import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BackupsPort, type KeysPort, ok, ProblemError, type Result } from "@baton/core";
import { type TestDatabase, testDatabase } from "@baton/testkit";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openSealedKeys } from "../keys/sealed-file.ts";
import { writeBackup } from "./backup-file.ts";
import { databaseOf } from "./connection.ts";
import { inSnapshot } from "./contents.ts";
import { createBackups } from "./create-backups.ts";
import { databaseFrames } from "./database-backup.ts";
import { ArchiveWriter, sumTables } from "./dump.ts";
import { wrappedByKey } from "./key-keepers.ts";
import { differences } from "./load.ts";

const FILE = "before.20261121T120000Z-1.backup";
const unhurried = new AbortController().signal;
const REQUEST = { tenant: "t1", name: "before", file: FILE, key: "k-${tenant}", about: { release: "R2" } };

/** Something of everything that Baton says it can copy. `ROLE` stands for a role's name. */
const EVERYTHING = `
create schema "odd Name";
create type mood as enum ('sad', 'it''s ok', 'happy');
create domain positive as int default 7 check (value > 0) not null;
create type pair as (a int, b text collate "C");
create sequence counter as int start 5 increment 3 maxvalue 500 cycle;
select nextval('counter'), nextval('counter');
create function fallback() returns text language sql as $$ select 'é;''$'::text $$;
create function twice(n int) returns int immutable language sql begin atomic select n * 2; end;
create procedure nothing() language plpgsql as $$ begin null; end $$;
create table base (
  id bigint generated always as identity (start 10) primary key, code text not null unique, mood mood default 'happy',
  amount positive, two pair, n int default nextval('counter'), said text default fallback() collate "C",
  doubled int generated always as (twice(n)) stored, raw bytea, at timestamptz default now(), doc jsonb, f float8,
  constraint amount_small check (amount < 1000) not valid
);
alter table base drop column f; alter table base add column f float8;
alter table base alter column raw set storage external, alter column doc set statistics 500;
create table "odd Name"."Odd table" ("Odd column" text, parent bigint references base (id) on delete cascade deferrable initially deferred,
  primary key ("Odd column")) with (fillfactor = 70);
alter table base add column odd text references "odd Name"."Odd table";
create unlogged table passing (n int); create table nothing_in_it (); create table empty (n serial, primary key (n));
create index partial_index on base (lower(code)) where n > 3; create index on base using gin (doc);
create index whole_index on base (code); alter table base cluster on whole_index;
create view happy as select id, code from base where mood = 'happy';
create view happier with (security_barrier) as select b.id, b.code, b.mood from base b group by b.id;
create materialized view counted as select count(*) as n from happy;
create unique index on counted (n);
create function of_view() returns setof happy language sql as $$ select * from public.happy $$;
create rule quiet as on delete to passing do instead nothing;
create function touch() returns trigger language plpgsql security definer set search_path = pg_catalog as $$ begin new.at := now(); return new; end $$;
create trigger touched before update of code on base for each row when (old.code is distinct from new.code) execute function touch();
create trigger sleeping before insert on base for each row execute function touch(); alter table base disable trigger sleeping;
create policy own_rows on base as restrictive for select to ROLE using (code = current_user);
alter table base enable row level security, force row level security; alter table base replica identity full;
create statistics both_of (dependencies) on code, n from base;
comment on table base is 'it''s the base'; comment on column base.code is 'the code'; comment on function twice(int) is 'doubles';
comment on constraint amount_small on base is 'small'; comment on schema "odd Name" is 'odd'; comment on trigger touched on base is 't';
comment on constraint positive_check on domain positive is 'more than none';
alter table passing owner to ROLE; alter schema "odd Name" owner to ROLE; alter function fallback() owner to ROLE;
grant select, insert on base to ROLE; grant update (code, raw) on base to ROLE with grant option; grant usage on sequence counter to ROLE;
revoke all on function twice(int) from public; grant execute on function twice(int) to ROLE; revoke usage on schema public from public;
insert into base (code, two, raw, doc, f, mood, said)
  select 'c' || i, row(i, E'tab\\t back\\\\slash new\\nline')::pair, sha256(i::text::bytea), jsonb_build_object('i', i, 'é', E'\\t\\n'), i / 3.0, null, null
    from generate_series(1, 5000) i;
insert into base (code, f, at) values ('', 'NaN', '-infinity'), ('\\N', 'Infinity', '2026-01-01 00:00:00.123456+05:30');
insert into "odd Name"."Odd table" select code, id from base where id < 200; update base set odd = code where id < 100;
insert into passing values (1); refresh materialized view counted; delete from base where id between 400 and 900;
`;

let source: TestDatabase;
let folder: string;
let root: string;
let keys: KeysPort;
let backups: BackupsPort;
const role = `backup_${randomBytes(4).toString("hex")}`;

const value = <T>(result: Result<T>): T => {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
};
const codes = (result: Result<unknown>): readonly string[] =>
  result.ok ? [] : result.problems.map((one) => one.code);

async function sql(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result: pg.QueryResult | pg.QueryResult[] = await client.query(text);
    return Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows;
  } finally {
    await client.end();
  }
}

const scratch = () =>
  sql(source.adminUrl, "select 1 from pg_database where starts_with(datname, 'baton_proof_')");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "baton-backup-"));
  keys = value(await openSealedKeys(join(folder, "keys"), "a passphrase"));
  await sql(
    (await testDatabaseUrl()).adminUrl,
    `create role ${role} login password 'hush-hush' connection limit 3`,
  );
});
const testDatabaseUrl = async () => {
  const one = await testDatabase("backup_admin");
  await one.drop();
  return one;
};
beforeEach(async () => {
  source = await testDatabase("backup");
  root = join(folder, randomBytes(4).toString("hex"));
  backups = createBackups({
    root,
    keys,
    retention: null,
    connection: async () => ok(source.url),
  });
});
afterEach(() => source.drop());
afterAll(async () => {
  const { adminUrl } = await testDatabaseUrl();
  await sql(adminUrl, `drop role ${role}`);
  await rm(folder, { recursive: true, force: true });
});

/** Where the file of this test is on the disk. */
const onDisk = (): string => join(root, "t1", FILE);

/** A small database with text that must not be found in its backup. */
const small = () =>
  sql(
    source.url,
    `create table prompts (id int primary key, body text); insert into prompts
       select i, 'canary-' || i || repeat(md5(i::text), 40) from generate_series(1, 3000) i; grant select on prompts to ${role}`,
  );

describe("a backup of a database with something of everything", () => {
  it("gives back all of it: shape, rows, sequences, rights, notes, settings", async () => {
    await sql(source.url, EVERYTHING.replaceAll("ROLE", role));
    const name = databaseOf(source.url);
    await sql(
      source.url,
      `alter database "${name}" set work_mem = '5MB'; alter role ${role} in database "${name}" set search_path = public, pg_catalog;
       revoke all on database "${name}" from public; grant connect on database "${name}" to ${role}; comment on database "${name}" is 'it''s ours'`,
    );
    const made = value(await backups.make(REQUEST, unhurried));
    expect(made).toMatchObject({
      tenant: "t1",
      name: "before",
      file: FILE,
      about: { release: "R2" },
      proof: null,
    });
    expect(codes(await backups.prove("t1", FILE, unhurried))).toEqual([]);
    const proven = value(await backups.find("t1", FILE));
    expect(proven?.proof).toMatchObject({ tables: 5, rows: 4692 });
    expect(await scratch()).toEqual([]);
  });
});

describe("a backup", () => {
  it("is refused where the database holds what cannot be copied, by name, and nothing is written", async () => {
    await sql(
      source.url,
      `create table parts (n int) partition by range (n); create table part partition of parts for values from (0) to (9);
       select lo_create(0); create aggregate total (int) (sfunc = int4pl, stype = int); create type span as range (subtype = int)`,
    );
    const refused = await backups.make(REQUEST, unhurried);
    expect(codes(refused)).toEqual(["BATON-BACKUP-UNKNOWN"]);
    for (const kind of ["relation p", "large object", "routine a", "type r", "inheritance"])
      expect(JSON.stringify(refused)).toContain(kind);
    expect(await readdir(join(root, "t1")).catch(() => [])).toEqual([]);
  });

  it("is of one moment while others write", async () => {
    await sql(
      source.url,
      `create table a (n int); create table z (n int); create table pad as select repeat('x', 1000) from generate_series(1, 20000);
       insert into a select 50 from generate_series(1, 200); insert into z select 50 from generate_series(1, 200)`,
    );
    const stop = new AbortController();
    const move = async (): Promise<number> => {
      let moves = 0;
      for (; !stop.signal.aborted; moves += 1)
        await sql(source.url, `begin; update a set n = n - 1 where n > 0; update z set n = n + 1; commit`);
      return moves;
    };
    const moving = move();
    value(await backups.make(REQUEST, unhurried));
    stop.abort();
    expect(await moving).toBeGreaterThan(0);
    const restoration = { tenant: "t1", file: FILE, id: "x", epoch: 1 };
    value(await backups.restore(restoration, true, unhurried));
    expect(
      await sql(source.url, "select ((select sum(n) from a) + (select sum(n) from z))::int as n"),
    ).toEqual([{ n: 20_000 }]);
    await sql(
      source.adminUrl,
      `drop database "${databaseOf(source.url).slice(0, 30)}__aside_x" with (force)`,
    );
  });

  it("holds no row, no verifier and no password in clear, and opens with its own key only", async () => {
    await small();
    value(await backups.make(REQUEST, unhurried));
    const bytes = await readFile(onDisk());
    for (const word of ["canary-", "SCRAM", "hush-hush", "prompts"]) expect(bytes.includes(word)).toBe(false);
    const others = value(await openSealedKeys(join(folder, "others"), "another passphrase"));
    value(await others.create("k-t1"));
    const stranger = createBackups({
      root,
      keys: others,
      retention: null,
      connection: async () => ok(source.url),
    });
    expect(codes(await stranger.prove("t1", FILE, unhurried))).toEqual(["BATON-KEYS-OPEN"]);
  });

  it("that was cut, changed, reordered, lengthened or put in another's place is told, and gives nothing back", async () => {
    await small();
    value(await backups.make(REQUEST, unhurried));
    const whole = await readFile(onDisk());
    const begin = 12 + whole.readUInt32BE(8);
    const first = 5 + whole.readUInt32BE(begin + 1) + 16;
    const second = 5 + whole.readUInt32BE(begin + first + 1) + 16;
    const at = (from: number, to?: number) => whole.subarray(from, to);
    const flipped = Buffer.from(whole);
    flipped[begin + first + 40] = (flipped[begin + first + 40] ?? 0) ^ 1;
    const lastMarked = Buffer.from(at(0, begin + first));
    lastMarked[begin] = 1;
    const damages: Readonly<Record<string, Buffer>> = {
      "cut within a chunk": at(0, whole.length - 7),
      "cut between chunks": at(0, begin + first),
      "cut, and the chunk before marked as the last": lastMarked,
      "without its chunks": at(0, begin),
      "one bit": flipped,
      "two chunks changed places": Buffer.concat([
        at(0, begin),
        at(begin + first, begin + first + second),
        at(begin, begin + first),
        at(begin + first + second),
      ]),
      "a chunk twice": Buffer.concat([at(0, begin + first), at(begin)]),
      "something after the end": Buffer.concat([whole, Buffer.from([0])]),
      "another time in the header": Buffer.from(
        whole.toString("latin1").replace('"takenAt":1', '"takenAt":2'),
        "latin1",
      ),
      nothing: Buffer.alloc(0),
    };
    for (const [what, bytes] of Object.entries(damages)) {
      await writeFile(onDisk(), bytes);
      const refused = codes(await backups.prove("t1", FILE, unhurried));
      expect([what, refused]).toEqual([
        what,
        [what.startsWith("another time") ? "BATON-KEYS-OPEN" : "BATON-BACKUP-DAMAGED"],
      ]);
      expect(await scratch()).toEqual([]);
    }
    await writeFile(onDisk(), whole);
    await mkdir(join(root, "t2"));
    await cp(onDisk(), join(root, "t2", FILE));
    expect(codes(await backups.prove("t2", FILE, unhurried))).toEqual(["BATON-BACKUP-FOREIGN"]);
    expect(codes(await backups.list("t2"))).toEqual(["BATON-BACKUP-FOREIGN"]);
    expect(codes(await backups.prove("t1", FILE, unhurried))).toEqual([]);
    expect(value(await backups.find("t1", FILE))?.proof).not.toBeNull();
    await writeFile(onDisk(), flipped);
    expect(value(await backups.find("t1", FILE))?.proof).toBeNull();
  });

  it("that does not come back as it was is refused as a proof, with what differs", async () => {
    await small();
    const header = { kind: "database" as const, subject: "t1", name: "before", about: {} };
    await inSnapshot(source.url, unhurried, (client, contents) =>
      writeBackup(
        onDisk(),
        { ...header, database: databaseOf(source.url), takenAt: contents.takenAt },
        wrappedByKey(keys, "k-t1"),
        async function* () {
          const writer = new ArchiveWriter();
          // What it was counted with is not what it holds: the primary key has no statement.
          yield* databaseFrames(client, { ...contents, after: [] }, writer, unhurried);
          yield* writer.end();
        },
        unhurried,
      ),
    );
    const proof = await backups.prove("t1", FILE, unhurried);
    expect(codes(proof)).toEqual(["BATON-BACKUP-DIFFERENT"]);
    expect(JSON.stringify(proof)).toContain("in place of");
    expect(value(await backups.find("t1", FILE))?.proof).toBeNull();
    expect(await scratch()).toEqual([]);
  });

  it("that is called off leaves nothing behind, neither a file nor a database", async () => {
    await small();
    const cut = new AbortController();
    cut.abort();
    expect(codes(await backups.make(REQUEST, cut.signal))).toEqual(["BATON-BACKUP-CANCELLED"]);
    expect(await readdir(join(root, "t1")).catch(() => [])).toEqual([]);
    value(await backups.make(REQUEST, unhurried));
    expect(codes(await backups.prove("t1", FILE, cut.signal))).toEqual(["BATON-BACKUP-CANCELLED"]);
    expect(await readdir(join(root, "t1"))).toEqual([FILE]);
    expect(await scratch()).toEqual([]);
  });

  it("makes the roles again that its server does not have, and leaves those that are there as they are", async () => {
    await sql(
      source.url,
      `create table t (n int); create role ${role}_gone login password 'x' in role ${role}; grant select on t to ${role}_gone`,
    );
    value(await backups.make(REQUEST, unhurried));
    const verifier = `select rolpassword from pg_authid where rolname = '${role}_gone'`;
    const before = await sql(source.url, verifier);
    await sql(source.url, `drop owned by ${role}_gone; drop role ${role}_gone`);
    value(await backups.prove("t1", FILE, unhurried));
    expect(await sql(source.url, verifier)).toEqual(before);
    await sql(source.url, `drop role ${role}_gone`);
  });
});

/** A change of a database, and its undoing. */
const CHANGES: readonly (readonly [string, string])[] = [
  [
    "update prompts set body = 'x' where id = 7",
    "update prompts set body = 'canary-7' || repeat(md5('7'), 40) where id = 7",
  ],
  [
    "delete from prompts where id = 3000",
    "insert into prompts select 3000, 'canary-3000' || repeat(md5('3000'), 40)",
  ],
  ["grant delete on prompts to ROLE", "revoke delete on prompts from ROLE"],
  ["grant update (body) on prompts to ROLE", "revoke update (body) on prompts from ROLE"],
  [
    "alter table prompts owner to ROLE",
    "alter table prompts owner to current_user; grant select on prompts to ROLE",
  ],
  ["comment on table prompts is 'x'", "comment on table prompts is null"],
  ["create index later on prompts (body)", "drop index later"],
  [
    "alter table prompts alter column body set default 'x'",
    "alter table prompts alter column body drop default",
  ],
  [
    "alter table prompts alter column body set not null",
    "alter table prompts alter column body drop not null",
  ],
  ["alter table prompts enable row level security", "alter table prompts disable row level security"],
  ["create policy p on prompts using (true)", "drop policy p on prompts"],
  ["create view v as select 1 as n", "drop view v"],
  ["create function f() returns int language sql as 'select 1'", "drop function f()"],
  ["create sequence s", "drop sequence s"],
  ["create type e as enum ('a')", "drop type e"],
  ["create schema s", "drop schema s"],
  [
    "alter table prompts alter column body set storage external",
    "alter table prompts alter column body set storage extended",
  ],
];

describe("the comparison of what was restored with what was backed up", () => {
  it("finds every sort of difference, and none where there is none", async () => {
    await small();
    const look = () =>
      inSnapshot(source.url, unhurried, async (client, contents) => ({
        contents,
        sums: await sumTables(client, contents, unhurried),
      }));
    const wanted = await look();
    for (const [change, back] of CHANGES) {
      await sql(source.url, change.replaceAll("ROLE", role));
      expect([change, differences(wanted, await look()).length > 0]).toEqual([change, true]);
      await sql(source.url, back.replaceAll("ROLE", role));
      expect([back, differences(wanted, await look())]).toEqual([back, []]);
    }
  });

  it("does not hang on the order of the rows", async () => {
    const text = "select i, repeat('x', (i * 7919) % 4000) as body from generate_series(1, 500) i";
    await sql(source.url, `create table t as ${text} order by i`);
    const one = await inSnapshot(source.url, unhurried, (client, contents) =>
      sumTables(client, contents, unhurried),
    );
    await sql(source.url, `truncate t; insert into t ${text} order by i desc`);
    const other = await inSnapshot(source.url, unhurried, (client, contents) =>
      sumTables(client, contents, unhurried),
    );
    expect(other).toEqual(one);
  });
});
