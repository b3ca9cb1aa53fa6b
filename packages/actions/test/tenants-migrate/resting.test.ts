import { testDatabase } from "@baton/testkit/postgres";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRestingConnections } from "../../src/tenants-migrate/resting.ts";
import { POLITE, withTenantDatabase } from "../../src/tenants-migrate/tenant-database.ts";
import { until } from "./fixture.ts";

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase("resting");
});
afterAll(() => database.drop());

const pidOf = async (client: pg.Client): Promise<number> =>
  (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid ?? -1;
const timeoutOf = async (client: pg.Client): Promise<unknown> =>
  (await client.query("show lock_timeout")).rows[0]?.lock_timeout;

/** Calls that share resting connections, and a look from outside at those that are there. */
function calls() {
  const resting = createRestingConnections();
  const lend = <T>(work: (client: pg.Client) => Promise<T>) =>
    withTenantDatabase(database.url, POLITE, work, resting);
  const alive = (pid: number) =>
    withTenantDatabase(database.url, POLITE, async (client) => {
      const { rowCount } = await client.query("select from pg_stat_activity where pid = $1", [pid]);
      return rowCount === 1;
    });
  return { lend, alive };
}

test("calls at once have a connection each; one that rests remembers nothing of the call before", async () => {
  const { lend } = calls();
  // Whichever of them is lent next, something was left behind in it.
  const leave = async (client: pg.Client): Promise<number> => {
    await client.query("set lock_timeout = 0; create temp table left_behind (a int)");
    return pidOf(client);
  };
  const [one, two] = await Promise.all([lend(leave), lend(leave)]);
  expect(one).not.toBe(two);
  const [timeout, left] = await lend(async (client) => [
    await timeoutOf(client),
    (await client.query("select to_regclass('left_behind') is not null as there")).rows[0]?.there,
  ]);
  expect(timeout).toBe(`${POLITE.lockMs}ms`);
  expect(left).toBe(false);
});

test("a connection closes by itself when nobody comes, and at once after a call that failed", async () => {
  const { lend, alive } = calls();
  const rested = await lend(pidOf);
  await until("nobody is connected any more", async () => !(await alive(rested)));
  let failed = -1;
  await expect(
    lend(async (client) => {
      failed = await pidOf(client);
      await client.query("begin");
      throw new Error("on purpose");
    }),
  ).rejects.toThrow("on purpose");
  expect(await lend(pidOf)).not.toBe(failed);
  await until("the failed one is gone", async () => !(await alive(failed)));
});

test("a connection that was ended while it rested is not lent: the next call gets another", async () => {
  const { lend } = calls();
  const rested = await lend(pidOf);
  await withTenantDatabase(database.url, POLITE, (client) =>
    client.query("select pg_terminate_backend($1, 10000)", [rested]),
  );
  expect(await lend(pidOf)).not.toBe(rested);
});
