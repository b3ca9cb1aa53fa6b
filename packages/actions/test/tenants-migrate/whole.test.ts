import { afterAll, beforeAll, expect, test } from "vitest";
import {
  engine,
  type KeyService,
  makeTenant,
  must,
  SECRET_VALUES,
  startKeys,
  type TestTenant,
} from "./fixture.ts";
import { newWrite, oldWrite, places, readAll, staleCount } from "./writers.ts";

let keys: KeyService;
let tenant: TestTenant;
beforeAll(async () => {
  keys = await startKeys();
  tenant = await makeTenant(keys, { prompts: 40, versions: 3 });
});
afterAll(async () => {
  await tenant.drop();
  await keys.close();
});

test("M233 M299 M300 M301 P022 a tenant goes through all stages up to the switch and then the contract", async () => {
  const migrate = engine(tenant, keys);
  const r1 = await tenant.as("r1");
  const [first, second] = await places(tenant);
  if (!first || !second) throw new Error("the seed is missing");

  expect(await migrate.check("backfill")).toEqual(["BATON-MIGRATE-STAGE"]);
  expect(await migrate.observe("expand")).toBe("absent");
  const untouched = must(await migrate.before("expand"));
  expect(untouched).toEqual({
    stage: "none",
    data: { rows: 120, digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  // Expand changes no text, so what a receipt shows before and after it is the same.
  expect(must(await migrate.perform("expand"))).toEqual({ ...untouched, stage: "expand" });
  expect(await migrate.observe("expand")).toBe("present");
  await oldWrite(r1, first, "R1 goes on after expand");

  must(await migrate.perform("dual-write"));
  const r2 = await tenant.as("r2");
  await newWrite(r2, keys.vault, tenant.id, second, "R2 writes both");
  expect(await staleCount(tenant)).toBe(119);

  const backfilled = must(await migrate.perform("backfill"));
  expect(backfilled).toMatchObject({ subject: "prompts", total: 40, encrypted: 40, verified: 0, rows: 119 });
  expect(migrate.progress.at(-1)).toEqual({ rows: 119 });
  await oldWrite(r1, first, "R1 makes a row stale");
  expect(await staleCount(tenant)).toBe(1);

  must(await migrate.perform("fence"));
  await expect(oldWrite(r1, first, "too late")).rejects.toMatchObject({ code: "42501" });
  expect(must(await migrate.perform("sweep"))).toMatchObject({ total: 40, encrypted: 40, rows: 1 });
  const plaintext = must(await migrate.before("verify"));
  const verified = must(await migrate.perform("verify"));
  // What was decrypted is what the plaintext is, by a digest each made for itself.
  expect(verified).toMatchObject({ data: (plaintext as { data?: unknown }).data });
  expect((plaintext as { data?: unknown }).data).not.toEqual((untouched as { data?: unknown }).data);
  expect(verified).toMatchObject({ total: 40, encrypted: 40, verified: 40, rows: 120 });
  must(await migrate.perform("switch"));
  expect(await migrate.observe("switch")).toBe("present");

  const read = await readAll(tenant, keys.vault);
  expect([...read.values()].every((entry) => entry.sealed)).toBe(true);
  expect(read.get(`${first.prompt}/${first.version}`)?.text).toBe("R1 makes a row stale");
  expect(read.get(`${second.prompt}/${second.version}`)?.text).toBe("R2 writes both");

  const rows = await tenant.admin.query("select * from baton.ledger");
  for (const value of SECRET_VALUES) expect(JSON.stringify(rows.rows)).not.toContain(value);

  // R1 cannot read what R2 wrote, whatever it tries.
  for (const table of ["prompt_deks", "prompt_ciphertexts"])
    await expect(r1.query(`select * from ${table}`)).rejects.toMatchObject({ code: "42501" });

  must(await migrate.perform("contract"));
  const plain = await tenant.admin.query("select count(body)::int as left from prompt_versions");
  expect(plain.rows).toEqual([{ left: 0 }]);
  const after = await readAll(tenant, keys.vault);
  expect([...after].map(([place, { text }]) => [place, text])).toEqual(
    [...read].map(([place, { text }]) => [place, text]),
  );
});
