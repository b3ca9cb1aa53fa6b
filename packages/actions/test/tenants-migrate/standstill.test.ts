import { afterAll, beforeAll, expect, test } from "vitest";
import { effect, ensureLedger } from "../../src/tenants-migrate/ledger.ts";
import { POLITE, problemsOf, withTenantDatabase } from "../../src/tenants-migrate/tenant-database.ts";
import { cutFenceInItsWait, mayWrite } from "./cut-fence.ts";
import {
  engine,
  type KeyService,
  MIGRATION,
  makeTenant,
  must,
  startKeys,
  type TestTenant,
} from "./fixture.ts";

let keys: KeyService;
let tenant: TestTenant;
beforeAll(async () => {
  keys = await startKeys();
  tenant = await makeTenant(keys, { prompts: 2 });
});
afterAll(async () => {
  await tenant.drop();
  await keys.close();
});

test("M238 a conductor that stands still while it sets a stage holds writers up for seconds only, and sets it when it goes on", async () => {
  const { signal } = new AbortController();
  const name = { migration: MIGRATION, key: "k", stage: "expand", epoch: 1, signal } as const;
  // A writer that waits behind the stage's lock; far below the minute that a worker's transaction may stand idle.
  await tenant.admin.query("set statement_timeout = '30s'");
  let times = 0;
  const output = await withTenantDatabase(tenant.url, POLITE, async (client) => {
    await ensureLedger(client, signal);
    return effect(client, name, async (found) => {
      times += 1;
      if (times === 1)
        await tenant.admin.query(
          "select pg_advisory_xact_lock_shared(hashtextextended('baton.migration:encrypt-prompts', 0))",
        );
      return { stage: found, output: { times } };
    });
  });
  await tenant.admin.query("reset statement_timeout");
  expect(output).toEqual({ times: 2 });
  expect((await tenant.admin.query("select key from baton.ledger")).rows).toEqual([{ key: "k" }]);
});

test("a session that PostgreSQL ended again and again is a problem that leads to another try", () => {
  const error = Object.assign(new Error("terminating connection due to idle-in-transaction timeout"), {
    code: "25P03",
  });
  expect(problemsOf(error, "t1", []).map(({ code }) => code)).toEqual(["BATON-TENANT-UNREACHABLE"]);
});

test("a fence takes the right away at each try, also where somebody gave it back since the last one", async () => {
  const migrate = engine(tenant, keys);
  await migrate.upTo("backfill");
  await cutFenceInItsWait(tenant, (signal) => migrate.perform("fence", { signal }));
  await tenant.admin.query(`grant update on prompt_versions to "${tenant.database}_r1"`);
  expect(await mayWrite(tenant)).toBe(true);
  must(await migrate.perform("fence"));
  expect(await mayWrite(tenant)).toBe(false);
  expect(await migrate.observe("fence")).toBe("present");
});
