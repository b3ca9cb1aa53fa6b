import { setTimeout as pause } from "node:timers/promises";
import type { Residue } from "@baton/core";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { beginAtStage, reached } from "../../../../platform/services/platform-api/r2/stage.ts";
import { amendSealed, appendSealed } from "../../../../platform/services/platform-api/r2/write-sealed.ts";
import { codeOf, engine, type KeyService, makeTenant, must, startKeys, type TestTenant } from "./fixture.ts";
import { mutatedPlatform, notedNode } from "./mutated.ts";
import { oldWrite, type Place, places, readAll, staleCount } from "./writers.ts";

let keys: KeyService;
/** Rows go back in batches of two, so that a way back can be cut off in its middle. */
let small: Awaited<ReturnType<typeof mutatedPlatform>>;
beforeAll(async () => {
  keys = await startKeys();
  small = await mutatedPlatform([
    {
      file: "migration.yaml",
      from: "options: { batchRows: 100, pauseShare: 0.5 }",
      to: "options: { batchRows: 2, pauseShare: 0 }",
    },
  ]);
});
afterAll(async () => {
  await small.remove();
  await keys.close();
});

async function withTenant(prompts: number, work: (tenant: TestTenant) => Promise<void>): Promise<void> {
  const tenant = await makeTenant(keys, { prompts });
  try {
    await work(tenant);
  } finally {
    await tenant.drop();
  }
}

const number = async (tenant: TestTenant, sql: string): Promise<number> =>
  Number((await tenant.admin.query(sql)).rows[0]?.n ?? Number.NaN);
const plainTexts = (tenant: TestTenant) => number(tenant, "select count(body) as n from prompt_versions");
const stageOf = async (tenant: TestTenant): Promise<string> =>
  (await tenant.admin.query("select stage from baton.migration_stage")).rows[0]?.stage;

/** What each version is by its plain text alone, as R1 reads it. */
async function asR1Reads(tenant: TestTenant): Promise<ReadonlyMap<string, string | null>> {
  const r1 = await tenant.as("r1");
  const { rows } = await r1.query(
    "select prompt_id::text || '/' || version as place, body from prompt_versions order by prompt_id, version",
  );
  return new Map(rows.map((row) => [row.place, row.body]));
}

/** A write with R2's own code: what it keeps depends on the stage it finds in its transaction. */
async function r2Write(
  client: pg.Client,
  tenant: TestTenant,
  place: Place,
  body: string,
  append: boolean,
): Promise<{ readonly version: number; readonly keptPlain: boolean }> {
  const dek = await keys.vault.dekForBundle(client, tenant.id, place.bundle);
  const own = client as unknown as pg.PoolClient;
  const stage = await beginAtStage(own);
  try {
    const keepPlain = !reached(stage, "contract");
    const sealing = { vault: keys.vault, tenant: tenant.id, bundle: place.bundle, dek, keepPlain };
    await client.query("select from prompts where id = $1 for no key update", [place.prompt]);
    const version = append
      ? await appendSealed(own, sealing, place.prompt, body, "writer")
      : await amendSealed(own, sealing, place.prompt, body, null);
    if (version === undefined) throw new Error("there is no such prompt");
    await client.query("commit");
    return { version, keptPlain: keepPlain };
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

/** Writers at work until they are stopped; every text a write was acknowledged with, by place, the newest last. */
async function writers(tenant: TestTenant, count: number) {
  const all = await places(tenant);
  const acknowledged = new Map<string, string>();
  const kept = { plain: 0, sealedOnly: 0 };
  let stopped = false;
  const prompts = [...new Map(all.map((place) => [place.prompt, place])).values()];
  const work = async (writer: number): Promise<void> => {
    const client = await tenant.as("r2");
    const mine = prompts.filter((_, at) => at % count === writer);
    for (let n = 0; !stopped; n += 1) {
      const place = mine[n % mine.length];
      if (place === undefined) throw new Error("too few prompts");
      const body = `writer ${writer}, text ${n}`;
      const { version, keptPlain } = await r2Write(client, tenant, place, body, n % 3 === 0);
      acknowledged.set(`${place.prompt}/${version}`, body);
      kept[keptPlain ? "plain" : "sealedOnly"] += 1;
      await pause(1);
    }
  };
  const running = Promise.all(Array.from({ length: count }, (_, writer) => work(writer)));
  running.catch(() => undefined);
  return {
    acknowledged,
    kept,
    /** Resolves when so many more writes were acknowledged. */
    more: async (writes: number) => {
      const from = kept.plain + kept.sealedOnly;
      while (kept.plain + kept.sealedOnly < from + writes) await Promise.race([running, pause(5)]);
    },
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

test("M238 contract and back while R2 writes: nothing is refused, ciphertext only in between, and R1 reads every acknowledged text", () =>
  withTenant(12, async (tenant) => {
    const migrate = engine(tenant, keys, small.dir);
    await migrate.upTo("switch");
    const at = await writers(tenant, 3);
    await at.more(20);
    must(await migrate.perform("contract"));
    await at.more(30);
    expect(await plainTexts(tenant)).toBe(0);
    expect(at.kept.sealedOnly).toBeGreaterThan(0);
    const restored = must(await migrate.undo("contract", "switch"));
    expect(restored).toMatchObject({ stage: "switch" });
    await at.more(20);
    await at.stop();
    expect(await migrate.observe("contract")).toBe("absent");
    expect(await staleCount(tenant)).toBe(0);
    const sealed = await readAll(tenant, keys.vault);
    const plain = await asR1Reads(tenant);
    expect(plain.size).toBeGreaterThan(24);
    for (const [place, text] of plain) expect(text, place).toBe(sealed.get(place)?.text);
    for (const [place, text] of at.acknowledged) expect(plain.get(place), place).toBe(text);
    // Both shapes agree again, so the same migration can be verified, and contracted once more.
    must(await migrate.perform("verify", { key: "again/verify" }));
    must(await migrate.perform("contract", { key: "again/contract" }));
    expect(await plainTexts(tenant)).toBe(0);
  }));

test("M238 kill -9 of the worker in the middle of the way back: it goes on from its checkpoint, and no text is lost or doubled", () =>
  withTenant(8, async (tenant) => {
    await engine(tenant, keys, small.dir).upTo("contract");
    const before = await readAll(tenant, keys.vault);
    const node = await notedNode();
    const migrate = engine(tenant, keys, small.dir, node.path);
    await tenant.admin.query(`
      create function public.stop_here() returns trigger language plpgsql as $$
      begin
        if (new.position ->> 'rows')::int > 6 then perform pg_advisory_xact_lock_shared(42); end if;
        return new;
      end $$;
      create trigger stop_here before insert or update on baton.checkpoint for each row execute function public.stop_here();
      select pg_advisory_lock(42)`);
    const first = migrate.undo("contract", "switch");
    const end = Date.now() + 20_000;
    while ((await plainTexts(tenant)) < 6) {
      if (Date.now() > end) throw new Error("the way back did not get going");
      await pause(10);
    }
    process.kill(await node.pid(), "SIGKILL");
    expect(codeOf(await first)).toBe("BATON-MIGRATE-WORKER");
    await tenant.admin.query("select pg_advisory_unlock(42)");
    // Writers keep both shapes from the first moment of the way back on.
    expect(await stageOf(tenant)).toBe("switch");
    expect(await migrate.observe("contract")).toBe("partial");
    const r2 = await tenant.as("r2");
    const [place] = await places(tenant);
    if (!place) throw new Error("the seed is missing");
    const { version, keptPlain } = await r2Write(r2, tenant, place, "written half-way back", false);
    expect(keptPlain).toBe(true);

    const done = must(await migrate.undo("contract", "switch"));
    // One less where the write came before its row's turn, which then had its text already.
    expect([15, 16]).toContain((done as { rows: number }).rows);
    const again = must(await migrate.undo("contract", "switch"));
    expect(again).toEqual(done);
    const plain = await asR1Reads(tenant);
    for (const [at, { text }] of before)
      expect(plain.get(at)).toBe(at === `${place.prompt}/${version}` ? "written half-way back" : text);
    await node.remove();
  }));

test("M238 after the way back the rest of the rollback goes through: R1 writes again and has what was written after the contract", () =>
  withTenant(4, async (tenant) => {
    const migrate = engine(tenant, keys);
    await migrate.upTo("contract");
    const r2 = await tenant.as("r2");
    const [place, other] = await places(tenant);
    if (!place || !other) throw new Error("the seed is missing");
    const { version } = await r2Write(r2, tenant, place, "written after the contract", true);
    await r2.end();
    // While the old shape is gone nothing below it can be taken back.
    expect(codeOf(await migrate.undo("switch", "verify"))).toBe("BATON-MIGRATE-CONTRACTED");
    must(await migrate.undo("contract", "switch"));
    const stages = ["switch", "verify", "sweep", "fence", "backfill", "dual-write", "expand"] as const;
    for (const [n, stage] of stages.entries()) must(await migrate.undo(stage, stages[n + 1] ?? "none"));
    const plain = await asR1Reads(tenant);
    expect(plain.get(`${place.prompt}/${version}`)).toBe("written after the contract");
    await oldWrite(await tenant.as("r1"), other, "R1 writes again");
    expect([...plain.values()]).not.toContain(null);
  }));

test("the contract names what it leaves of the old shape and until when; what cannot be measured is unknown, never gone", () =>
  withTenant(2, async (tenant) => {
    const migrate = engine(tenant, keys);
    await migrate.upTo("switch");
    await tenant.admin.query(
      `insert into idempotency (key, subject, request_digest, status, response)
       values ('k', 's', 'd', 201, '{"sha256": "00", "body": "a text"}')`,
    );
    const { residue } = must(await migrate.perform("contract")) as unknown as { residue: Residue[] };
    const found = Object.fromEntries(residue.map((one) => [one.id, one]));
    expect(Object.keys(found)).toEqual(["answers", "digests", "outbox", "statistics", "wal", "backups"]);
    expect(found.answers).toMatchObject({ state: "there", rows: 1, found: "1 rows", goneAt: null });
    expect(found.digests).toMatchObject({ state: "there", rows: 1 });
    expect(found.outbox).toMatchObject({ state: "gone", rows: 0 });
    expect(found.wal).toMatchObject({ state: "there", found: expect.stringMatching(/position [0-9A-F]+\//) });
    expect(found.wal?.until).toMatch(/\d+ MB more/);
    const unread = expect.stringContaining("not measured: the backups cannot be read");
    expect(found.backups).toMatchObject({ state: "unknown", found: unread, goneAt: null });
    // Done again it is measured again, and the contract is not.
    await tenant.admin.query("delete from idempotency");
    const again = must(await migrate.perform("contract")) as unknown as { residue: Residue[] };
    expect(again.residue.find(({ id }) => id === "answers")).toMatchObject({ state: "gone", rows: 0 });
  }));

test("a query of residue that fails makes it unknown and does not fail the contract", async () => {
  const mutant = await mutatedPlatform([
    { file: "migration.yaml", from: "from outbox where envelope", to: "from no_such_table where envelope" },
  ]);
  await withTenant(2, async (tenant) => {
    const migrate = engine(tenant, keys, mutant.dir);
    await migrate.upTo("switch");
    const { residue } = must(await migrate.perform("contract")) as unknown as { residue: Residue[] };
    expect(residue.find(({ id }) => id === "outbox")).toMatchObject({ state: "unknown", goneAt: null });
  });
  await mutant.remove();
});

test("a way back whose worker does nothing on purpose is seen at once: rows are left in the new shape only", async () => {
  const mutant = await mutatedPlatform([
    {
      file: "restore.ts",
      from: "export const restore = async (context",
      to: "export const restore = async () => ({ rows: 0 });\nexport const unused = async (context",
    },
  ]);
  await withTenant(3, async (tenant) => {
    const migrate = engine(tenant, keys, mutant.dir);
    await migrate.upTo("contract");
    expect(codeOf(await migrate.undo("contract", "switch"))).toBe("BATON-MIGRATE-LEFT");
    expect(await migrate.observe("contract")).toBe("partial");
  });
  await mutant.remove();
});

test("a migration that names no way back refuses it, and says so", async () => {
  const mutant = await mutatedPlatform([
    { file: "migration.yaml", from: / {4}# The way back[\s\S]*?v\.body is null\n(?=\n|$)/, to: "" },
  ]);
  await withTenant(2, async (tenant) => {
    const migrate = engine(tenant, keys, mutant.dir);
    await migrate.upTo("contract");
    expect(codeOf(await migrate.undo("contract", "switch"))).toBe("BATON-MIGRATE-CONTRACTED");
    expect(await stageOf(tenant)).toBe("contract");
  });
  await mutant.remove();
});
