import { afterAll, beforeAll, expect, test } from "vitest";
import {
  codeOf,
  type Engine,
  engine,
  type KeyService,
  makeTenant,
  must,
  startKeys,
  type TestTenant,
  until,
} from "./fixture.ts";
import { type Edit, mutatedPlatform } from "./mutated.ts";
import { oldWrite, places, waitsForTable } from "./writers.ts";

let keys: KeyService;
beforeAll(async () => {
  keys = await startKeys();
});
afterAll(() => keys.close());

async function withMutant(
  edits: readonly Edit[],
  work: (migrate: Engine, tenant: TestTenant, r1Writes: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const tenant = await makeTenant(keys, { prompts: 3 });
  const mutant = await mutatedPlatform(edits);
  try {
    await work(engine(tenant, keys, mutant.dir), tenant, async (text) => {
      const [place] = await places(tenant);
      if (!place) throw new Error("the seed is missing");
      await oldWrite(await tenant.as("r1"), place, text);
    });
  } finally {
    await mutant.remove();
    await tenant.drop();
  }
}

test("M238 removing the fence's SQL on purpose is seen at the fence: the old role can still write", () =>
  withMutant([{ file: "fence.sql", from: /revoke[\s\S]*/, to: "select 1;" }], async (migrate) => {
    await migrate.upTo("backfill");
    const fence = await migrate.perform("fence");
    expect(codeOf(fence)).toBe("BATON-MIGRATE-FENCE");
    expect(JSON.stringify(fence)).toContain("prompt_versions: UPDATE");
    expect(await migrate.observe("fence")).toBe("absent");
    expect(await migrate.check("sweep")).toEqual(["BATON-MIGRATE-STAGE"]);
  }));

test("M238 removing the fence from the migration on purpose is seen by verify, whether or not R1 writes", () =>
  withMutant(
    [{ file: "migration.yaml", from: / {2}fence: .*\n/, to: "" }],
    async (migrate, _tenant, r1Writes) => {
      for (const stage of ["expand", "dual-write", "backfill", "sweep"] as const)
        must(await migrate.perform(stage));
      const quiet = await migrate.perform("verify");
      expect(codeOf(quiet)).toBe("BATON-MIGRATE-VERIFY");
      expect(JSON.stringify(quiet)).toContain("can still write");
      await r1Writes("R1 is not fenced off");
      const loud = await migrate.perform("verify");
      expect(codeOf(loud)).toBe("BATON-MIGRATE-VERIFY");
      expect(JSON.stringify(loud)).toContain("stale");
    },
  ));

test("M238 a sweep that does nothing on purpose is seen at once: rows are left stale", () =>
  withMutant(
    [
      {
        file: "encrypt.ts",
        from: "export const sweep = async (context",
        to: "export const sweep = async () => ({ rows: 0 });\nexport const unused = async (context",
      },
    ],
    async (migrate, _tenant, r1Writes) => {
      await migrate.upTo("backfill");
      await r1Writes("after the backfill, before the fence");
      must(await migrate.perform("fence"));
      expect(codeOf(await migrate.perform("sweep"))).toBe("BATON-MIGRATE-STALE");
      expect(await migrate.observe("sweep")).toBe("absent");
    },
  ));

test("M238 removing the sweep from the migration on purpose is seen by verify", () =>
  withMutant(
    [{ file: "migration.yaml", from: / {2}sweep: .*\n/, to: "" }],
    async (migrate, _tenant, r1Writes) => {
      await migrate.upTo("backfill");
      await r1Writes("after the backfill, before the fence");
      must(await migrate.perform("fence"));
      const verified = await migrate.perform("verify");
      expect(codeOf(verified)).toBe("BATON-MIGRATE-VERIFY");
      expect(JSON.stringify(verified)).toContain("stale");
      expect(codeOf(await migrate.perform("switch"))).toBe("BATON-MIGRATE-STAGE");
    },
  ));

test("a contract without its own count is refused by the count under the lock", () =>
  withMutant([], async (migrate, tenant) => {
    await migrate.upTo("switch");
    await tenant.admin.query("update prompt_versions set body = body || '!' where version = 1");
    expect(await migrate.check("contract")).toEqual(["BATON-MIGRATE-STALE"]);
    expect(codeOf(await migrate.perform("contract"))).toBe("BATON-MIGRATE-STALE");
    const { rows } = await tenant.admin.query("select count(body)::int as plain from prompt_versions");
    expect(rows).toEqual([{ plain: 6 }]);
  }));

test("a write that was open when the contract began is counted under its lock, and keeps its text", () =>
  withMutant([], async (migrate, tenant) => {
    await migrate.upTo("switch");
    const writer = await tenant.as("r2");
    const [place] = await places(tenant);
    if (!place) throw new Error("the seed is missing");
    await writer.query("begin");
    // A writer of nobody's: it keeps no ciphertext and does not hold the stage.
    await oldWrite(writer, place, "open when the contract began");
    const contract = migrate.perform("contract");
    await until("the contract waits for the write", () => waitsForTable(tenant, "prompt_versions"));
    await writer.query("commit");
    expect(codeOf(await contract)).toBe("BATON-MIGRATE-STALE");
    const { rows } = await tenant.admin.query("select count(body)::int as plain from prompt_versions");
    expect(rows).toEqual([{ plain: 6 }]);
  }));
