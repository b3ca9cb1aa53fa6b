import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeEmbeddedData } from "@baton/journal";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baton, batonJson, until } from "./baton-process.ts";
import { journaled, type LivePlatform, livePlatform, lookAt, must, openRunOf } from "./live-platform.ts";

let platform: LivePlatform;
let kept: string;
beforeAll(async () => {
  kept = await mkdtemp(join(tmpdir(), "baton-kept-"));
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
  await rm(kept, { recursive: true, force: true });
}, 300_000);

const acknowledged = async (): Promise<number> => must(await platform.workload.stats()).writes.acknowledged;

async function writesGoOn(more: number): Promise<void> {
  const from = await acknowledged();
  await until(`${more} more writes`, async () => (await acknowledged()) >= from + more);
}

interface Missing {
  readonly tenant: string;
  readonly prompt: string;
  readonly version: number;
}

/** Lines of the workload's ledger: what it was told is safe, in the order it was told. */
const ledger = async (): Promise<readonly string[]> =>
  (await readFile(join(platform.dir, "workload", "ledger.ndjson"), "utf8")).trim().split("\n");

/** The states of these that were acknowledged for the last time within the first lines of the ledger. */
function knownBy(lines: readonly string[], count: number, missing: readonly Missing[]): readonly Missing[] {
  const lastAt = new Map<string, number>();
  for (const [at, line] of lines.entries()) {
    const record: { kind: string; prompt?: string; version?: number } = JSON.parse(line);
    if (record.kind === "acknowledged") lastAt.set(`${record.prompt} ${record.version}`, at);
  }
  return missing.filter(({ prompt, version }) => (lastAt.get(`${prompt} ${version}`) ?? 0) < count);
}

/** How many of these states a database holds. */
async function heldIn(url: string, missing: readonly Missing[]): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let found = 0;
    for (const { prompt, version } of missing) {
      const text = "select 1 from prompt_versions where prompt_id = $1 and version = $2";
      found += (await client.query(text, [prompt, version])).rowCount ?? 0;
    }
    return found;
  } finally {
    await client.end();
  }
}

test("a damaged tenant comes back from a backup made under traffic: what was acknowledged up to it is readable, the rest is set aside", {
  timeout: 900_000,
}, async () => {
  await writesGoOn(50);
  const { session } = platform;
  const tenant = must(await session.ports.tenants.list())[1];
  if (tenant === undefined) throw new Error("there is no second tenant");
  const before = (await ledger()).length;
  const made = await batonJson(platform.dir, ["backup", "--tenant", tenant.id, "--name", "nightly"]);
  expect(made).toMatchObject({ code: 0, value: { backups: [{ subject: tenant.id }] } });
  const [found] = must(await session.ports.backups.list(tenant.id));
  expect(found?.proof).toMatchObject({ tables: 6 });

  const url = must(await session.ports.tenants.connection(tenant.id));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("drop table idempotency");
  await client.end();
  const restoration = { tenant: tenant.id, file: found?.file ?? "", id: "live", epoch: 1 };
  const done = must(await session.ports.backups.restore(restoration, true, new AbortController().signal));
  expect(done.setAside).toMatch(/__aside_live$/);

  await writesGoOn(50);
  const verdict = must(await platform.workload.verify());
  const missing = verdict.missing as unknown as readonly Missing[];
  expect(missing).toHaveLength(verdict.lost);
  expect(missing.filter((one) => one.tenant !== tenant.id)).toEqual([]);
  const aside = new URL(url);
  const admin = new pg.Client({
    connectionString: Object.assign(new URL(url), { pathname: "/postgres" }).href,
  });
  await admin.connect();
  await admin.query(`alter database "${done.setAside}" with allow_connections true`);
  await admin.end();
  aside.pathname = `/${done.setAside}`;
  expect(await heldIn(aside.href, missing)).toBe(missing.length);
  expect(knownBy(await ledger(), before, missing)).toEqual([]);
});

// M054, P021: everything is backed up while a run goes on, and brought back on another place within the time allowed.
test("all there is, backed up while a run goes on, comes back in a new state folder: audit intact, the run where it was, and it goes on", {
  timeout: 900_000,
}, async () => {
  const driver = baton(platform.dir, ["run", "R2", "--yes"]);
  const run = await openRunOf(platform);
  await journaled(platform, run, (e) => e.type === "effect.intended" && e.step === "pilot.backfill");
  const during = await batonJson(platform.dir, ["backup", "--name", "during"]);
  expect(during).toMatchObject({ code: 0, value: { backups: [{ subject: "baton" }] } });
  // Intact so far, while the newest events wait for their signature; without a word that this is meant, unknown is no success.
  const young = await batonJson(platform.dir, ["audit", "verify", "--allow-unsigned", "120"]);
  expect(young).toMatchObject({ code: 0, value: { found: 0 } });
  expect(await driver.ended).toBe(4);
  const status = await batonJson(platform.dir, ["status"]);
  expect(status.value).toMatchObject({ backups: { baton: { verdict: "good" } } });

  await writesGoOn(50);
  const all = await batonJson(platform.dir, ["backup", "--all", "--out", kept]);
  expect(all.code).toBe(0);
  const { backups } = all.value as {
    backups: readonly { subject: string; restoreSeconds: number; path: string }[];
  };
  const tenants = must(await platform.session.ports.tenants.list());
  const databases = Object.keys(platform.session.definition.platform.databases).map(
    (name) => `platform~${name}`,
  );
  expect(backups.map((one) => one.subject)).toEqual([...databases, ...tenants.map(({ id }) => id), "baton"]);
  expect(backups.every((one) => one.restoreSeconds > 0)).toBe(true);
  expect(all.value).toMatchObject({ removed: [] });
  const old = await batonJson(platform.dir, ["backup", "--prune", "--dry-run", "--out", kept]);
  expect(old).toMatchObject({ code: 0, value: { dryRun: true, removed: [] } });
  expect(await baton(platform.dir, ["backup", "--dry-run"]).ended).toBe(2);
  const file = backups.at(-1)?.path ?? "";
  const secret = (await readFile(join(platform.dir, "secrets", "keys-baton"), "utf8")).trim();
  expect((await readFile(file)).includes(secret)).toBe(false);
  const passphrase = join(kept, "passphrase");
  await copyFile(join(platform.dir, "secrets", "baton-keys-passphrase"), passphrase);

  const occupied = ["restore", file, "--passphrase-file", passphrase];
  expect(await batonJson(platform.dir, occupied)).toMatchObject({
    code: 3,
    value: { problems: [{ code: "BATON-RESTORE-STATE" }] },
  });
  const elsewhere = join(kept, "state");
  const back = ["restore", file, "--with", kept, "--passphrase-file", passphrase];
  const restored = await batonJson(elsewhere, back);
  expect(restored).toMatchObject({ code: 0, value: { left: [] } });
  const told = restored.value as { seconds: number; databases: readonly unknown[] };
  expect(told.databases).toHaveLength(tenants.length + databases.length);
  expect(told.seconds).toBeLessThan(4 * 3600);
  expect((await readdir(kept)).filter((name) => name.includes("restoring"))).toEqual([]);

  await baton(platform.dir, ["down"]).ended;
  try {
    const up = baton(elsewhere, ["up"]);
    expect([await up.ended, up.stderr()]).toEqual([0, ""]);
    const there = await batonJson(elsewhere, ["status"]);
    expect(there.value).toMatchObject({ run: { run, waiting: { step: "hold.bake" } } });
    expect(await batonJson(elsewhere, ["audit", "verify"])).toMatchObject({
      code: 0,
      value: { intact: true },
    });
    // It goes on from there: epochs begin above those that the tenants' databases have seen.
    const taken = await batonJson(elsewhere, ["rollback", "--yes", "--reason", "the test wants R1"]);
    expect(taken).toMatchObject({ code: 0, value: { run, ended: { outcome: "rolled-back" } } });
    const session = await lookAt(elsewhere);
    const routes = await Promise.all(tenants.map((t) => session.ports.traffic.route("platform-api", t.id)));
    await session.close();
    expect(routes.map((route) => must(route).weights)).toEqual(tenants.map(() => ({ "1.0.0": 100 })));
  } finally {
    await baton(elsewhere, ["down"]).ended;
    await removeEmbeddedData(join(elsewhere, "postgres"));
  }
});
