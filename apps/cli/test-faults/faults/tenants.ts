import pg from "pg";
import { asAdmin, databaseOf, disconnect } from "../../test/databases.ts";
import { steady } from "../../test/live-platform.ts";
import { type Fault, lasting } from "./fault.ts";

/** A setting of the tenant's database is changed under everybody who is connected, and changed back after a while. */
const altered = (fault: Omit<Fault, "strike">, set: string, reset: string): Fault => ({
  ...fault,
  async strike(world) {
    const { platform, tenant, lastsMs } = world;
    const database = await databaseOf(platform, tenant);
    const alter = (how: string) =>
      asAdmin(platform, async (admin) => {
        await admin.query(`alter database "${database}" ${how}`);
        await disconnect(admin, database);
      });
    await alter(set);
    return {
      what: `tenant ${tenant}, ${Math.round(lastsMs / 1_000)} s`,
      async heal() {
        await lasting(world);
        await alter(reset);
      },
    };
  },
});

/** Nobody can connect to one tenant's database for a while. */
export const tenantDown = altered(
  {
    name: "tenant-down",
    words: "one tenant's database takes no connections for a while",
    harmsRequests: true,
    mayTurn: true,
    mayEndConductor: false,
  },
  "allow_connections false",
  "allow_connections true",
);

/** One tenant's database refuses to be written to for a while. */
export const tenantReadOnly = altered(
  {
    name: "tenant-read-only",
    words: "one tenant's database is read-only for a while",
    harmsRequests: true,
    mayTurn: true,
    mayEndConductor: false,
  },
  "set default_transaction_read_only = on",
  "reset default_transaction_read_only",
);

/** A forgotten transaction has read from the table that the migration changes, and stays open. Users are not in its way. */
export const tableLock: Fault = {
  name: "table-lock",
  words: "a transaction holds a lock on the migrated table of one tenant for a while",
  harmsRequests: false,
  mayTurn: true,
  mayEndConductor: false,
  async strike(world) {
    const { platform, tenant, lastsMs } = world;
    const url = await steady(() => platform.session.ports.tenants.connection(tenant));
    const client = new pg.Client({ connectionString: url, application_name: "forgotten" });
    client.on("error", () => undefined);
    await client.connect();
    await client.query("begin; lock table prompt_versions in access share mode");
    return {
      what: `tenant ${tenant}, ${Math.round(lastsMs / 1_000)} s`,
      async heal() {
        await lasting(world);
        await client.end().catch(() => undefined);
      },
    };
  },
};
