import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf, engine, type KeyService, makeTenant, must, startKeys } from "./fixture.ts";

let keys: KeyService;
beforeAll(async () => {
  keys = await startKeys();
});
afterAll(() => keys.close());

test.each([
  ["expand", "none"],
  ["dual-write", "expand"],
  ["backfill", "dual-write"],
  ["fence", "backfill"],
  ["switch", "verify"],
] as const)(
  "M238 a conductor stopped between its intent and its perform of %s is refused once a newer one took it back",
  async (stage, reached) => {
    const tenant = await makeTenant(keys, { prompts: 2 });
    try {
      const migrate = engine(tenant, keys);
      if (reached !== "none") await migrate.upTo(reached);
      const before = must(await migrate.before(stage)).stage;
      expect(before).toBe(reached);
      // Conductor 1 has journaled its intent and stands still. Conductor 2 sees nothing of it, and undoes all the same.
      expect(await migrate.observe(stage)).toBe("absent");
      must(await migrate.undo(stage, reached, { epoch: 2 }));
      expect(codeOf(await migrate.perform(stage, { epoch: 1 }))).toBe("BATON-MIGRATE-EPOCH");
      expect(must(await migrate.before(stage)).stage).toBe(reached);
    } finally {
      await tenant.drop();
    }
  },
);

test("M238 it is refused also where the stage had been reached before the run and is kept", async () => {
  const tenant = await makeTenant(keys, { prompts: 2 });
  try {
    const migrate = engine(tenant, keys);
    await migrate.upTo("expand");
    expect(must(await migrate.undo("expand", "expand", { epoch: 2 }))).toEqual({ kept: true });
    expect(codeOf(await migrate.perform("expand", { epoch: 1, key: "late" }))).toBe("BATON-MIGRATE-EPOCH");
  } finally {
    await tenant.drop();
  }
});
