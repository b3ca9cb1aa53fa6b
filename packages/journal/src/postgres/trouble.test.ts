import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Journal } from "@baton/core";
import { type TestDatabase, testDatabase } from "@baton/testkit";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { append, codes, event, eventually, expectChains, value } from "../conformance/support.ts";
import { freePort } from "../embedded/port.ts";
import { type EmbeddedServer, startEmbedded } from "../embedded/start.ts";
import { createPostgresJournal } from "./postgres-journal.ts";
import { schemaMigrations } from "./schema.ts";

let database: TestDatabase;
const journals: Journal[] = [];

beforeEach(async () => {
  database = await testDatabase("trouble");
});
afterEach(async () => {
  await Promise.all(journals.splice(0).map((journal) => journal.close()));
  await database.drop();
});

async function open(url = database.url): Promise<Journal> {
  const journal = value(await createPostgresJournal({ url }));
  journals.push(journal);
  return journal;
}

async function sql(
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

describe("the journal on PostgreSQL in trouble", () => {
  it("names host and port of a database it cannot reach, and never the password", async () => {
    const port = await freePort();
    const nobody = await createPostgresJournal({ url: `postgres://baton:hush-hush@127.0.0.1:${port}/x` });
    expect(codes(nobody)).toEqual(["BATON-JOURNAL-UNREACHABLE"]);
    expect(JSON.stringify(nobody)).toContain(`127.0.0.1:${port}`);
    const wrong = new URL(database.url);
    wrong.password = "hush-hush";
    const refused = await createPostgresJournal({ url: wrong.href });
    expect(codes(refused)).toEqual(["BATON-JOURNAL-LOGIN"]);
    const missing = new URL(database.url);
    missing.pathname = "/nowhere";
    expect(codes(await createPostgresJournal({ url: missing.href }))).toEqual(["BATON-JOURNAL-UNREACHABLE"]);
    const nonsense = await createPostgresJournal({ url: "mysql://baton:hush-hush@host/x" });
    expect(codes(nonsense)).toEqual(["BATON-JOURNAL-UNREACHABLE"]);
    expect(JSON.stringify([nobody, refused, nonsense])).not.toContain("hush-hush");
  });

  it("refuses to work on a schema that a newer program made, and changes nothing", async () => {
    await open();
    await sql("insert into baton_journal.schema_version (number, name) values (999, 'from the future')");
    const refused = await createPostgresJournal({ url: database.url });
    expect(refused).toMatchObject({
      problems: [{ code: "BATON-JOURNAL-NEWER", details: { found: 999, known: schemaMigrations.length } }],
    });
  });

  it("finds the journal again after it was closed, and says that it is closed meanwhile", async () => {
    const first = await open();
    const stored = value(await first.append([append("run/1", 0, event(1))], null));
    const waiting = first.changed("run/2", 0, 30_000);
    await first.close();
    expect(await waiting).toBe(false);
    expect(codes(await first.now())).toEqual(["BATON-JOURNAL-CLOSED"]);
    expect(value(await (await open()).read("run"))).toEqual(stored);
  });

  it("has whole batches only after a kill -9 of a writer in the middle", async () => {
    await (await open()).close(); // makes the schema; no connection of ours stays
    const script = fileURLToPath(new URL("../../test/append-for-ever.ts", import.meta.url));
    const writer = spawn(process.execPath, [script, database.url, "run/1"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(writer.stdout, "data");
    const exit = once(writer, "exit");
    writer.kill("SIGKILL");
    await exit;
    // What it had sent may still be committed: wait until the server has noticed that it is gone.
    await eventually(async () => {
      const left = await sql(
        "select 1 from pg_stat_activity where datname = current_database() and application_name = 'baton journal'",
      );
      return left.length === 0 ? { ok: true, value: null } : { ok: false, problems: [] };
    });
    const journal = await open();
    const read = value(await journal.read("run/1"));
    expectChains(read);
    const ends = value(await journal.heads("run/1"));
    expect(ends.map((head) => head.stream)).toEqual(["run/1/a", "run/1/b", "run/1/c"]);
    expect(new Set(ends.map((head) => head.seq)).size).toBe(1);
    expect(read).toHaveLength(3 * (ends[0]?.seq ?? 0));
  });

  it("goes on waiting for changes when its listening connection is cut", async () => {
    const journal = await open();
    const other = await open();
    value(await other.append([append("run/0", 0, event(1))], null));
    const woken = journal.changed("run/1", 0, 60_000);
    await eventually(async () => {
      const cut = await sql(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where query = 'listen baton_journal' and datname = current_database()`,
      );
      return cut.length > 0 ? { ok: true, value: cut } : { ok: false, problems: [] };
    });
    value(await other.append([append("run/1", 0, event(1))], null));
    expect(await woken).toBe(true);
  });

  it("does not fall behind an event of a clock that ran ahead", async () => {
    const journal = await open();
    value(await journal.append([append("run/1", 0, event(1))], null));
    const [ahead] = await sql("update baton_journal.events set at = at + 3600000 returning at::float8 as at");
    expect(value(await journal.now())).toBe(ahead?.at);
    const [next] = value(await journal.append([append("run/2", 0, event(1))], null));
    expect(next?.at).toBe(ahead?.at);
    // Leases go by the clock itself, so that they still end.
    const lease = value(await journal.acquire("lease", "me", 1000));
    expect(lease.expiresAt).toBeLessThan(Number(ahead?.at));
  });

  it("lets a dead holder's lease end within a minute when the clock was set back by an hour", async () => {
    const journal = await open();
    const jump = (ms: number) =>
      sql(`create or replace function baton_journal.clock() returns bigint language sql volatile
        as 'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint + ${ms}'`);
    await jump(3_600_000);
    value(await journal.acquire("lease", "dead", 10_000));
    await jump(0);
    const held = await journal.acquire("lease", "next", 10_000);
    expect(codes(held)).toEqual(["BATON-JOURNAL-LEASE-HELD"]);
    // A live holder is not harmed: it renews long before.
    const renewed = value(await journal.leaseOf("lease"));
    expect(renewed?.owner).toBe("dead");
    await jump(61_000);
    expect(value(await journal.acquire("lease", "next", 10_000)).owner).toBe("next");
  });

  it("stores the very bytes it hashed, also by the server's own reckoning", async () => {
    const journal = await open();
    value(
      await journal.append(
        [append("run/é", 0, event({ b: "é✓\u0000", a: [1e21, -0, 0.1] }, "ü.ö", 7))],
        null,
      ),
    );
    const rows = await sql(
      `select hash = encode(sha256(convert_to(concat_ws(E'\\n', previous, stream, seq, at, epoch, type, version, data),
         'UTF8')), 'hex') as same, data from baton_journal.events`,
    );
    expect(rows).toEqual([{ same: true, data: '{"a":[1e+21,0,0.1],"b":"é✓\\u0000"}' }]);
    expectChains(value(await journal.read("run/é")));
  });

  it("is checked with the SQL statement in docs/journal.md alone", async () => {
    const journal = await open();
    const events = [1, 2, 3].map((n) => event({ n }));
    value(await journal.append([append("run/1", 0, ...events), append("run/2", 0, ...events)], null));
    const docs = await readFile(new URL("../../../../docs/journal.md", import.meta.url), "utf8");
    const statement = /```sql\n([\s\S]*?)```/.exec(docs)?.[1] ?? "";
    expect(await sql(statement)).toEqual([]);
    await sql("update baton_journal.events set data = '{\"n\":9}' where stream = 'run/1' and seq = 2");
    await sql("delete from baton_journal.events where stream = 'run/2' and seq = 2");
    expect(await sql(statement)).toEqual([
      { stream: "run/1", seq: "2" },
      { stream: "run/2", seq: "3" },
    ]);
  });

  it("says which event was damaged beyond reading", async () => {
    const journal = await open();
    value(await journal.append([append("run/1", 0, event(1), event(2))], null));
    await sql("update baton_journal.events set data = 'oops' where seq = 2");
    expect(await journal.read("run/1")).toMatchObject({
      problems: [{ code: "BATON-JOURNAL-DAMAGED", details: { stream: "run/1", seq: 2 } }],
    });
  });

  it("commits durably also where the server's default does not, and by read committed", async () => {
    const name = new URL(database.url).pathname.slice(1);
    await sql(`alter database "${name}" set default_transaction_isolation = 'serializable'`);
    await sql(`alter database "${name}" set synchronous_commit = 'off'`);
    const [one, two] = await Promise.all([open(), open()]);
    const writes = Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? one : two).append([append("run/1", null, event(n))], null),
    );
    for (const result of await Promise.all(writes)) value(result);
    expectChains(value(await one.read("run/1")));
  });
});

describe("the journal on PostgreSQL whose server goes away", () => {
  let folder: string;
  let server: EmbeddedServer | null = null;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "baton-journal-"));
  });
  afterEach(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("returns problems meanwhile, loses nothing when the server is killed, and recovers by itself", async () => {
    const port = await freePort();
    const start = async () =>
      value(
        await startEmbedded({
          dataDir: join(folder, "pg"),
          logFile: join(folder, "log"),
          password: "pw",
          port,
        }),
      );
    server = await start();
    const journal = await open(server.url());
    const waiting = journal.changed("run/2", 0, 60_000);
    const stored = value(await journal.append([append("run/1", 0, event(1), event(2))], null));
    process.kill(server.pid, "SIGKILL");
    const gone = await eventually(async () => {
      const result = await journal.append([append("run/never", 7, event(1))], null);
      return codes(result).includes("BATON-JOURNAL-UNREACHABLE")
        ? { ok: true, value: result }
        : { ok: false, problems: [] };
    });
    expect(JSON.stringify(gone)).toContain(`127.0.0.1:${port}`);
    server = await start();
    expect(server.port).toBe(port);
    expect(await eventually(() => journal.read("run"))).toEqual(stored);
    value(await journal.append([append("run/2", 0, event(3))], null));
    expect(await waiting).toBe(true);
  });
});
