import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isAlive } from "@baton/journal/embedded/process-mark";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  codeOf,
  engine,
  type KeyService,
  MIGRATION_PATH,
  makeTenant,
  must,
  secret,
  startKeys,
  type TestTenant,
  until,
} from "./fixture.ts";
import { whileWorkerIsHeld } from "./held.ts";
import { mutatedPlatform, notedNode } from "./mutated.ts";
import { staleCount } from "./writers.ts";

let keys: KeyService;
let small: Awaited<ReturnType<typeof mutatedPlatform>>;
beforeAll(async () => {
  keys = await startKeys();
  small = await mutatedPlatform([
    {
      file: "migration.yaml",
      from: "options: { batchRows: 50, pauseShare: 1 }",
      to: "options: { batchRows: 4, pauseShare: 0 }",
    },
  ]);
});
afterAll(async () => {
  await small.remove();
  await keys.close();
});

const rowsDone = async (tenant: TestTenant): Promise<number> => {
  const { rows } = await tenant.admin.query(
    "select (position ->> 'rows')::int as rows from baton.checkpoint",
  );
  return rows[0]?.rows ?? 0;
};

/** Makes the worker stop before its third batch is committed, until `let go` is called. */
async function stopAtThirdBatch(
  tenant: TestTenant,
): Promise<{ reached(): Promise<void>; letGo(): Promise<void> }> {
  await tenant.admin.query(`
    create function public.stop_here() returns trigger language plpgsql as $$
    begin
      if (new.position ->> 'rows')::int > 8 then perform pg_advisory_xact_lock_shared(42); end if;
      return new;
    end $$;
    create trigger stop_here before insert or update on baton.checkpoint for each row execute function public.stop_here();
    select pg_advisory_lock(42)`);
  return {
    reached: () =>
      until("the worker is in its third batch", async () => {
        const { rowCount } = await tenant.admin.query(
          "select from pg_locks where locktype = 'advisory' and not granted and objid = 42 and database = (select oid from pg_database where datname = current_database())",
        );
        return rowCount === 1;
      }),
    letGo: async () => {
      await tenant.admin.query("select pg_advisory_unlock(42)");
    },
  };
}

test("M238 kill -9 of the worker in the middle of a backfill: done again it completes, and nothing is doubled", async () => {
  const tenant = await makeTenant(keys, { prompts: 10 });
  const node = await notedNode();
  const migrate = engine(tenant, keys, small.dir, node.path);
  await migrate.upTo("dual-write");
  const stop = await stopAtThirdBatch(tenant);
  const first = migrate.perform("backfill");
  await stop.reached();
  process.kill(await node.pid(), "SIGKILL");
  expect(codeOf(await first)).toBe("BATON-MIGRATE-WORKER");
  await stop.letGo();
  expect(await migrate.observe("backfill")).toBe("partial");
  expect(must(await migrate.perform("backfill"))).toMatchObject({ total: 10, encrypted: 10, rows: 20 });
  expect(await rowsDone(tenant)).toBe(20);
  expect(await staleCount(tenant)).toBe(0);
  // The same effect once more is the same effect, not a second one.
  expect(must(await migrate.perform("backfill"))).toMatchObject({ rows: 20 });
  await node.remove();
  await tenant.drop();
});

test("an abort ends the worker and says so; batch and checkpoint are one, and the work goes on from there", async () => {
  const tenant = await makeTenant(keys, { prompts: 10 });
  const node = await notedNode();
  const migrate = engine(tenant, keys, small.dir, node.path);
  await migrate.upTo("dual-write");
  const stop = await stopAtThirdBatch(tenant);
  const abort = new AbortController();
  const first = migrate.perform("backfill", { signal: abort.signal });
  await stop.reached();
  expect(await rowsDone(tenant)).toBe(8);
  expect(await staleCount(tenant)).toBe(12);
  abort.abort();
  expect(codeOf(await first)).toBe("BATON-MIGRATE-ABORTED");
  const pid = await node.pid();
  await until("the worker is gone", async () => !(await isAlive(pid)));
  await stop.letGo();
  expect(must(await migrate.perform("backfill"))).toMatchObject({ rows: 20 });
  await node.remove();
  await tenant.drop();
});

test("a worker whose parent is gone goes too, in the middle of its work", async () => {
  const tenant = await makeTenant(keys, { prompts: 4 });
  await engine(tenant, keys, small.dir).upTo("dual-write");
  const worker = fileURLToPath(new URL("../../src/tenants-migrate/worker.ts", import.meta.url));
  const child = spawn(process.execPath, [worker], { stdio: ["pipe", "ignore", "ignore"] });
  const exit = once(child, "exit");
  const order = {
    module: `${small.dir}/${MIGRATION_PATH}/encrypt.ts`,
    function: "backfill",
    connection: tenant.url,
    migration: "encrypt-prompts",
    key: "orphan",
    epoch: 1,
    tenant: { id: tenant.id, database: tenant.database },
    parameters: {},
    secrets: { transitToken: secret("keys-platform-api") },
    settings: { transitUrl: keys.url },
    options: {},
  };
  await whileWorkerIsHeld(
    tenant,
    async () => child.stdin.write(`${JSON.stringify(order)}\n`),
    async () => {
      child.stdin.end();
      expect(await exit).toEqual([70, null]);
    },
  );
  await tenant.drop();
});

test("a newer conductor in the middle of a backfill: the older one's next batch is refused", async () => {
  const tenant = await makeTenant(keys, { prompts: 4 });
  const migrate = engine(tenant, keys, small.dir);
  await migrate.upTo("dual-write");
  let older: Promise<unknown> = Promise.resolve();
  await whileWorkerIsHeld(
    tenant,
    async () => {
      older = migrate.perform("backfill", { epoch: 2 }).then(codeOf);
    },
    async () => {
      await tenant.admin.query("update baton.migration_stage set epoch = 3");
    },
  );
  expect(await older).toBe("BATON-MIGRATE-EPOCH");
  expect(await staleCount(tenant)).toBe(8);
  expect(codeOf(await migrate.perform("backfill", { epoch: 2 }))).toBe("BATON-MIGRATE-EPOCH");
  must(await migrate.perform("backfill", { epoch: 3 }));
  await tenant.drop();
});
