import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAnchorFile } from "@baton/adapters";
import type { AnchorPort, Journal, SignerPort } from "@baton/core";
import { createPostgresJournal } from "@baton/journal";
import { aPlan } from "@baton/testkit/builders/index";
import { type TestDatabase, testDatabase } from "@baton/testkit/postgres";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNotary, signHeads, verifyJournal } from "../../src/index.ts";
import { codes, driveToEnd, every, openApproved, value } from "../runs.ts";
import { testWorld } from "../world.ts";
import { aSigner, inShort } from "./evidence.ts";

const tenants = ["t1", "t2", "t3"];
const plan = aPlan({
  tenants,
  steps: [{ id: "main.deploy" }, { id: "main.each", after: ["main.deploy"], units: tenants }],
});

let database: TestDatabase;
let folder: string;
let client: Client;
let journal: Journal;
let signer: SignerPort;
let anchor: AnchorPort;
let run: string;

beforeAll(async () => {
  database = await testDatabase("tampered");
  folder = await mkdtemp(join(tmpdir(), "baton-anchors-"));
  client = new Client({ connectionString: database.url });
  await client.connect();
  journal = value(await createPostgresJournal({ url: database.url }));
  signer = await aSigner();
  anchor = createAnchorFile(folder);
  run = await openApproved(journal, plan);
  const notary = createNotary({ sign: () => signHeads({ journal, signer, anchor }) });
  await driveToEnd({ journal, run, performers: every(testWorld().performer), notary });
});
afterAll(async () => {
  await client.end();
  await journal.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function look(place = anchor) {
  const lines = value(await place.read(value(await journal.audit.id())));
  return value(await verifyJournal({ journal, anchor: lines, verify: signer.verify, knowsKeys: true }));
}

/** What is found after somebody has run this SQL; then all is as it was. */
async function after(sql: string) {
  await client.query("create table public.e as table baton_journal.events");
  await client.query("create table public.s as table baton_journal.statements");
  await client.query("create table public.h as table baton_journal.streams");
  await client.query("create table public.n as table baton_journal.snapshots");
  try {
    await client.query(sql);
    return await look();
  } finally {
    for (const [name, kept] of [
      ["events", "e"],
      ["statements", "s"],
      ["streams", "h"],
      ["snapshots", "n"],
    ]) {
      await client.query(`truncate baton_journal.${name}`);
      await client.query(`insert into baton_journal.${name} select * from public.${kept}`);
      await client.query(`drop table public.${kept}`);
    }
  }
}

/** Computes every chain, every position and the list of ends anew, as whoever owns the database can. */
const RECOMPUTE = `
do $$
declare r record; p text; n bigint := 0; q bigint;
begin
  update baton_journal.events set position = -position;
  truncate baton_journal.streams;
  for r in select * from baton_journal.events order by position desc loop
    n := n + 1;
    select hash, seq into p, q from baton_journal.streams where stream = r.stream;
    p := coalesce(p, repeat('0', 64)); q := coalesce(q, 0) + 1;
    update baton_journal.events set position = n, seq = q, previous = p,
      hash = encode(sha256(convert_to(concat_ws(E'\\n', p, r.stream, q, r.at, r.epoch, r.type, r.version, r.data), 'UTF8')), 'hex')
      where position = r.position;
    insert into baton_journal.streams select stream, seq, hash from baton_journal.events where position = n
      on conflict (stream) do update set seq = excluded.seq, hash = excluded.hash;
  end loop;
end $$;
truncate baton_journal.snapshots;`;

test("a run that a notary went along with is signed from its opening to its end, and found whole", async () => {
  const found = await look();
  expect(inShort(found)).toEqual({ intact: true, problems: [], unknown: [] });
  expect(found).toMatchObject({ unsigned: 0, records: 2 });
  expect(found.statements).toBeGreaterThanOrEqual(2);
});

const event = (where: string) => `(select position from baton_journal.events where ${where} limit 1)`;
const done = event("type = 'effect.done' and stream like '%/units/%'");

test.each([
  [
    "edited",
    `update baton_journal.events set data = replace(data, '"unit":"t', '"unit":"x') where position = ${done}`,
    ["EDITED"],
  ],
  ["removed from the middle", `delete from baton_journal.events where position = ${done}`, ["REMOVED"]],
  [
    "edited and re-computed",
    `update baton_journal.events set data = '{"forged":true}' where position = ${done}; ${RECOMPUTE}`,
    ["REWRITTEN"],
  ],
  [
    "removed and re-computed",
    `delete from baton_journal.events where position = ${done}; ${RECOMPUTE}`,
    ["CUT"],
  ],
  [
    "a cut-off tail, its statements with it",
    `delete from baton_journal.events where position > (select min(position) from baton_journal.statements);
    delete from baton_journal.statements where number > 1; ${RECOMPUTE}`,
    ["ANCHOR-AHEAD", "CUT"],
  ],
  [
    "a whole stream removed",
    `delete from baton_journal.events where stream like '%/units/%'; ${RECOMPUTE}`,
    ["CUT"],
  ],
  [
    "a whole journal rewritten, unsigned",
    `update baton_journal.events set at = at - 5; truncate baton_journal.statements; ${RECOMPUTE}`,
    ["ANCHOR-AHEAD"],
  ],
  [
    "emptied",
    "truncate baton_journal.events, baton_journal.streams, baton_journal.statements, baton_journal.snapshots",
    ["ANCHOR-AHEAD", "CUT"],
  ],
  ["a statement removed", "delete from baton_journal.statements where number = 1", ["STATEMENT"]],
  [
    "a statement edited",
    `update baton_journal.statements set text = replace(text, '"number":1', '"number":9') where number = 1`,
    ["SIGNATURE"],
  ],
  [
    "a signature removed",
    "update baton_journal.statements set signature = '' where number = 1",
    ["SIGNATURE"],
  ],
  [
    "a list of ends that is wrong",
    "update baton_journal.streams set hash = repeat('1', 64) where stream like 'environment/%'",
    ["ENDS"],
  ],
  [
    "a snapshot edited",
    `update baton_journal.snapshots set state = replace(state, '"succeeded"', '"failed"')`,
    ["SNAPSHOT"],
  ],
])("%s by SQL is found, and where", async (_name, sql, expected) => {
  const found = await after(sql);
  expect(inShort(found).intact).toBe(false);
  for (const code of expected) expect(inShort(found).problems).toContain(code);
  expect(inShort(await look()).intact).toBe(true);
});

test("an edited event is told with its stream, number, position and type", async () => {
  const { rows } = await client.query(
    `select stream, seq::int, position::int, type from baton_journal.events where position = ${done}`,
  );
  const found = await after(`update baton_journal.events set at = at + 1 where position = ${done}`);
  expect(found.problems).toMatchObject([{ code: "BATON-AUDIT-EDITED", details: rows[0] }]);
});

test("nothing is signed behind an anchor that is ahead, nor over a gap; what is signed already stays as it is", async () => {
  const id = value(await journal.audit.id());
  await client.query("create table public.s as table baton_journal.statements");
  await client.query(
    "delete from baton_journal.statements where number = (select max(number) from baton_journal.statements)",
  );
  expect(codes(await signHeads({ journal, signer, anchor }))).toEqual(["BATON-AUDIT-ANCHOR-AHEAD"]);
  await client.query(
    "truncate baton_journal.statements; insert into baton_journal.statements table public.s",
  );
  // An anchor that was set aside is written anew from the journal's statements.
  const other = createAnchorFile(join(folder, "other"));
  value(await signHeads({ journal, signer, anchor: other }));
  expect(value(await other.read(id))).toEqual(value(await anchor.read(id)));
  expect(inShort(await look(other)).intact).toBe(true);
});

test("an anchor that lost the end of a line in a crash goes on behind it, and is whole", async () => {
  const id = value(await journal.audit.id());
  const torn = join(folder, "torn");
  const place = createAnchorFile(torn);
  value(await signHeads({ journal, signer, anchor: place }));
  const file = join(torn, `${id}.jsonl`);
  const text = await readFile(file, "utf8");
  await writeFile(file, text.slice(0, -30));
  expect(inShort(await look(place))).toMatchObject({ intact: false });
  value(await signHeads({ journal, signer, anchor: place }));
  expect(inShort(await look(place))).toEqual({ intact: true, problems: [], unknown: [] });
});

test("a disk of the anchor's that is gone is told once and holds nothing up", async () => {
  await writeFile(join(folder, "no-folder"), "");
  const told: string[] = [];
  const gone = createAnchorFile(join(folder, "no-folder"));
  const notary = createNotary({
    sign: () => signHeads({ journal, signer, anchor: gone }),
    onProblem: ({ code }) => told.push(code),
  });
  const next = await openApproved(journal, plan);
  const end = await driveToEnd({ journal, run: next, performers: every(testWorld().performer), notary });
  expect(end.state.ended?.outcome).toBe("succeeded");
  expect(told).toHaveLength(1);
  value(await signHeads({ journal, signer, anchor }));
  expect(inShort(await look()).intact).toBe(true);
});
