import pg from "pg";
import { type TestTenant, until } from "./fixture.ts";

/**
 * Holds the migration's worker between its reading of stale rows and its writing of ciphertexts, for as long as `within` takes:
 * it needs the bundles' data keys in between, and their table is locked. `within` gets the connection that holds the lock.
 */
export async function whileWorkerIsHeld(
  tenant: TestTenant,
  start: () => Promise<unknown>,
  within: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString: tenant.url });
  await client.connect();
  try {
    await client.query("begin; lock table prompt_deks in access exclusive mode");
    await start();
    await until("the worker waits for the data keys", async () => {
      const { rowCount } = await tenant.admin.query(
        `select 1 from pg_stat_activity where datname = current_database()
            and application_name = 'baton tenants.migrate' and wait_event_type = 'Lock'`,
      );
      return rowCount === 1;
    });
    await within(client);
    await client.query("commit");
  } finally {
    await client.end();
  }
}
