import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf, engine, type KeyService, makeTenant, must, startKeys, type TestTenant } from "./fixture.ts";
import { newWrite, oldWrite, places, readAll } from "./writers.ts";

let keys: KeyService;
beforeAll(async () => {
  keys = await startKeys();
});
afterAll(() => keys.close());

const STAGES = ["expand", "dual-write", "backfill", "fence", "sweep", "verify", "switch"] as const;
const INERT: readonly string[] = ["backfill", "sweep", "verify"];

async function withTenant(work: (tenant: TestTenant) => Promise<void>): Promise<void> {
  const tenant = await makeTenant(keys, { prompts: 5 });
  try {
    await work(tenant);
  } finally {
    await tenant.drop();
  }
}

const stageOf = async (tenant: TestTenant): Promise<string> => {
  const { rows } = await tenant.admin.query("select stage from baton.migration_stage");
  return rows[0]?.stage;
};

test("each stage: twice is once, undo and undo again, do again; observed in each of these", () =>
  withTenant(async (tenant) => {
    const migrate = engine(tenant, keys);
    for (const [at, stage] of STAGES.entries()) {
      const before = STAGES[at - 1] ?? "none";
      const key = (direction: string, generation: number) => ({
        key: `run/${stage}/u/${direction}/${generation}`,
      });
      expect(must(await migrate.before(stage))).toMatchObject({ stage: before });
      expect(await migrate.observe(stage), stage).toBe("absent");
      const first = must(await migrate.perform(stage, key("do", 1)));
      expect(must(await migrate.perform(stage, key("do", 1)))).toEqual(first);
      expect(await migrate.observe(stage), stage).toBe("present");
      must(await migrate.undo(stage, before, key("undo", 1)));
      must(await migrate.undo(stage, before, key("undo", 1)));
      expect(await migrate.observe(stage), stage).toBe(INERT.includes(stage) ? "present" : "absent");
      if (!INERT.includes(stage)) expect(await stageOf(tenant)).toBe(before);
      must(await migrate.perform(stage, key("do", 2)));
      expect(await migrate.observe(stage), stage).toBe("present");
      // A stage that was reached before this run is not this run's to take back.
      expect(must(await migrate.undo(stage, stage, key("undo", 2)))).toEqual({ kept: true });
      expect(await stageOf(tenant)).toBe(stage);
    }
  }));

test("M238 rollback from the switch: R1 serves again and has every write, those made under R2 included; then forward again", () =>
  withTenant(async (tenant) => {
    const migrate = engine(tenant, keys);
    await migrate.upTo("switch");
    const [place] = await places(tenant);
    if (!place) throw new Error("the seed is missing");
    await newWrite(await tenant.as("r2"), keys.vault, tenant.id, place, "written under R2");
    const before = await readAll(tenant, keys.vault);

    must(await migrate.undo("switch", "verify"));
    must(await migrate.undo("verify", "sweep"));
    must(await migrate.undo("sweep", "fence"));
    must(await migrate.undo("fence", "backfill"));
    expect(await stageOf(tenant)).toBe("backfill");
    const r1 = await tenant.as("r1");
    await oldWrite(r1, place, "R1 writes again");
    must(await migrate.undo("backfill", "dual-write"));
    must(await migrate.undo("dual-write", "expand"));
    must(await migrate.undo("expand", "none"));
    expect(await migrate.observe("expand")).toBe("absent");
    expect(await stageOf(tenant)).toBe("none");

    await oldWrite(r1, place, "written under R1");
    const { rows } = await tenant.admin.query(
      "select prompt_id::text || '/' || version as place, body from prompt_versions order by prompt_id, version",
    );
    const plain = new Map(rows.map((row) => [row.place, row.body]));
    for (const [at, { text }] of before)
      expect(plain.get(at)).toBe(at === `${place.prompt}/${place.version}` ? "written under R1" : text);
    await expect(tenant.as("r2")).rejects.toThrow();

    for (const stage of STAGES) must(await migrate.perform(stage, { key: `again/${stage}`, epoch: 2 }));
    expect((await readAll(tenant, keys.vault)).get(`${place.prompt}/${place.version}`)).toEqual({
      text: "written under R1",
      sealed: true,
    });
  }));

test("an older epoch is refused in both directions and changes nothing", () =>
  withTenant(async (tenant) => {
    const migrate = engine(tenant, keys);
    must(await migrate.perform("expand", { epoch: 5 }));
    must(await migrate.perform("dual-write", { epoch: 7 }));
    for (const stage of ["dual-write", "backfill"] as const)
      expect(codeOf(await migrate.perform(stage, { epoch: 6, key: "late" }))).toBe("BATON-MIGRATE-EPOCH");
    expect(codeOf(await migrate.undo("dual-write", "expand", { epoch: 6 }))).toBe("BATON-MIGRATE-EPOCH");
    expect(await stageOf(tenant)).toBe("dual-write");
    must(await migrate.undo("dual-write", "expand", { epoch: 8 }));
    expect(await stageOf(tenant)).toBe("expand");
  }));

test("expand gives way to a transaction that holds the table, and gets through when it ends", () =>
  withTenant(async (tenant) => {
    const r1 = await tenant.as("r1");
    const [place] = await places(tenant);
    if (!place) throw new Error("the seed is missing");
    await r1.query("begin");
    await oldWrite(r1, place, "open while expand comes");
    const other = await tenant.as("r1");
    const expand = engine(tenant, keys).perform("expand");
    // Writers get through between its tries: none waits longer than the short lock time-out.
    for (let n = 0; n < 20; n += 1) await other.query("select count(*) from prompt_versions");
    await r1.query("commit");
    expect(codeOf(await expand)).toBe("ok");
  }));

test("a database that is down is one clear problem without the password, and observed as unknown", async () => {
  const url = "postgres://someone:the-password-of-it@127.0.0.1:1/nowhere";
  const down = engine({ id: "t-down", database: "nowhere", url }, keys);
  for (const result of [
    await down.perform("expand"),
    await down.undo("expand", "none"),
    await down.before("expand"),
  ]) {
    expect(codeOf(result)).toBe("BATON-TENANT-UNREACHABLE");
    expect(JSON.stringify(result)).not.toContain("the-password-of-it");
  }
  expect(await down.check("expand")).toEqual(["BATON-TENANT-UNREACHABLE"]);
  expect(await down.observe("expand")).toBe("unknown");
});

test("a key service that is down fails the backfill with its code; once it is back the backfill completes", () =>
  withTenant(async (tenant) => {
    const own = await startKeys();
    const migrate = engine(tenant, own);
    await migrate.upTo("dual-write");
    await own.close();
    const failedOne = await migrate.perform("backfill");
    expect(codeOf(failedOne)).toBe("BATON-MIGRATE-WORKER");
    expect(JSON.stringify(failedOne)).toContain("vault.unavailable");
    must(await engine(tenant, keys).perform("backfill"));
  }));
