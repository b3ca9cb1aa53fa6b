import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { leaksIn } from "../src/support/testing/leaks.ts";
import { unpack } from "../src/support/testing/unpack.ts";
import { baton, batonJson } from "./baton-process.ts";
import { type LivePlatform, livePlatform, must, openRunOf } from "./live-platform.ts";

/** Canaries in the platform's own secrets: every value that Baton made for this platform. */
let secrets: Record<string, string> = {};
let platform: LivePlatform;
let run: string;
beforeAll(async () => {
  platform = await livePlatform();
  const folder = join(platform.dir, "secrets");
  for (const name of await readdir(folder))
    secrets = { ...secrets, [name]: (await readFile(join(folder, name), "utf8")).trim() };
  const { token } = JSON.parse(await readFile(join(platform.dir, "supervisor.json"), "utf8"));
  secrets = { ...secrets, token };
  const driver = baton(platform.dir, ["run", "R2", "--yes"]);
  run = await openRunOf(platform);
  expect(await driver.ended, driver.stderr()).toBe(4);
}, 1_200_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 300_000);

const ask = async (...args: readonly string[]) => {
  const asked = baton(platform.dir, args);
  return { code: await asked.ended, out: asked.stdout(), err: asked.stderr() };
};

const bundleFile = (name: string) => join(platform.dir, `${name}.tar.gz`);

async function bundle(name: string): Promise<ReadonlyMap<string, string>> {
  const made = await ask("support-bundle", "--out", bundleFile(name));
  expect(made.code, made.err).toBe(0);
  return unpack(bundleFile(name));
}

test("an unknown release is refused by plan and by run, with the known ones", async () => {
  for (const command of ["plan", "run"]) {
    const refused = await ask(command, "R9");
    expect([command, refused.code]).toEqual([command, 3]);
    expect(refused.err).toContain("BATON-RELEASE-UNKNOWN");
    expect(refused.err).toContain("R1, R2");
  }
});

test("history lists the run; status and explain tell of it by name, and refuse a name there is not", async () => {
  const { code, value } = await batonJson(platform.dir, ["history"]);
  expect([code, value]).toMatchObject([
    0,
    {
      items: [{ run, release: "R2", from: "R1", outcome: null, told: { parked: [], rollback: null } }],
      nextCursor: null,
    },
  ]);
  expect((await ask("status", "--run", run)).out).toContain("nobody drives it while it waits");
  expect((await ask("explain", "--run", run)).out).toContain(run);
  for (const command of ["status", "explain"]) {
    const unknown = await ask(command, "--run", "r9-x");
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining("BATON-RUN-UNKNOWN")]);
    expect(unknown.err).toContain(run);
  }
});

test("logs tell of every program, and of the run step by step", async () => {
  const all = await batonJson(platform.dir, ["logs", "--lines", "5000"]);
  expect(all.value).toMatchObject({
    programs: expect.arrayContaining(["conductor", "keys", "postgres", "seed", "supervisor", "workload"]),
  });
  const conductor = await ask("logs", "conductor", "--run", run, "--lines", "100000");
  for (const words of [
    "begins to drive",
    "step.started",
    "step=internal.backfill",
    "effect.done",
    "run.waiting",
    "drives no longer",
  ])
    expect(conductor.out).toContain(words);
  const unknown = await ask("logs", "gatewy@1.0.0");
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining("BATON-LOGS-PROGRAM")]);
});

test("no log, event, snapshot, checkpoint, figure or plan of a live run holds a secret, in whatever encoding", async () => {
  expect(Object.keys(secrets).length).toBeGreaterThan(5);
  const logs = join(platform.dir, "logs");
  const written = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), "utf8")));
  const { session } = platform;
  const journal = await rowsOf(must(await session.supervisor.resolve("${database.baton}")), "baton_journal");
  const tenants = [];
  for (const { id } of must(await session.ports.tenants.list()))
    tenants.push(await rowsOf(must(await session.ports.tenants.connection(id)), "baton"));
  expect(journal.length).toBeGreaterThan(10_000);
  expect(tenants.every((text) => text.includes("checkpoint"))).toBe(true);
  expect(leaksIn([...written, journal, ...tenants], secrets)).toEqual([]);
});

/** All rows of all tables of a schema as one text, each table's behind its name. */
async function rowsOf(connectionString: string, schema: string): Promise<string> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = $1",
      [schema],
    );
    const texts = [];
    for (const { name } of rows) {
      const table = await client.query(
        `select to_jsonb(t) as row from ${schema}.${pg.escapeIdentifier(name)} t`,
      );
      texts.push(name, JSON.stringify(table.rows));
    }
    return texts.join("\n");
  } finally {
    await client.end();
  }
}

test("a bundle of a live platform holds its runs, PostgreSQL and logs, and no secret", async () => {
  const files = await bundle("live");
  for (const path of [
    "postgres.json",
    "supervisor.json",
    "processes.json",
    "runs/history.json",
    "logs/conductor.log",
  ])
    expect([...files.keys()], path).toContain(path);
  for (const name of ["plan.json", "events.jsonl", "summary.json", "lease.json"])
    expect([...files.keys()], name).toContain(`runs/${run}/${name}`);
  expect(Object.keys(JSON.parse(files.get("postgres.json") ?? ""))).toContain("settings");
  expect(JSON.parse(files.get("manifest.json") ?? "").missing).toEqual([]);
  expect(leaksIn(files.values(), secrets)).toEqual([]);
});

test("with PostgreSQL standing still a bundle is made in time and says what it lacks", async () => {
  const { pid } = must(await platform.session.supervisor.state()).postgres;
  if (pid === null || pid <= 1) throw new Error("PostgreSQL does not run");
  process.kill(pid, "SIGSTOP");
  try {
    const files = await bundle("still");
    expect(files.get("manifest.json")).toContain("BATON-JOURNAL-UNREACHABLE");
    expect([...files.keys()]).toContain("logs/postgres.log");
  } finally {
    process.kill(pid, "SIGCONT");
  }
});

test("with nothing running, logs and a bundle are had all the same", async () => {
  await platform.session.close();
  expect((await ask("down")).code).toBe(0);
  const logs = await ask("logs", "--run", run, "--lines", "20");
  expect([logs.code, logs.out.split("\n").length > 10]).toEqual([0, true]);
  const files = await bundle("down");
  expect(files.get("manifest.json")).toContain("BATON-PLATFORM-DOWN");
  expect(leaksIn(files.values(), secrets)).toEqual([]);
  const history = await ask("history");
  expect([history.code, history.err]).toEqual([1, expect.stringContaining("BATON-PLATFORM-DOWN")]);
  for (const name of ["live", "still", "down"]) await rm(bundleFile(name));
});
