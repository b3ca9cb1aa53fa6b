import { MIGRATION_STAGES } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { engine, type KeyService, makeTenant, must, startKeys } from "./fixture.ts";

let keys: KeyService;
beforeAll(async () => {
  keys = await startKeys();
});
afterAll(async () => {
  await keys.close();
});

// A run that supersedes another asks every stage of every tenant, whatever the tenant has come to.
test("wherever a tenant is, each stage up to there is seen as present, each later one as absent, and none is unknown", async () => {
  const tenant = await makeTenant(keys, { prompts: 3 });
  try {
    const at = engine(tenant, keys);
    const seen = () => Promise.all(MIGRATION_STAGES.map((stage) => at.observe(stage)));
    const upTo = (count: number) =>
      MIGRATION_STAGES.map((_, index) => (index < count ? "present" : "absent"));
    expect(await seen()).toEqual(upTo(0));
    for (const [index, stage] of MIGRATION_STAGES.entries()) {
      must(await at.perform(stage));
      expect([stage, await seen()]).toEqual([stage, upTo(index + 1)]);
    }
    for (const [index, stage] of [...MIGRATION_STAGES.entries()].reverse())
      must(await at.undo(stage, MIGRATION_STAGES[index - 1] ?? "none"));
    expect(await seen()).toEqual(upTo(0));
  } finally {
    await tenant.drop();
  }
});
