import type pg from "pg";
import type { Bodies } from "./bodies.ts";
import type { TenantDatabases } from "./tenant-databases.ts";

/** What the endpoints work with. */
export interface Parts {
  readonly shared: pg.Pool;
  readonly sharedUrl: string;
  readonly tenants: TenantDatabases;
  readonly bodies: Bodies;
  readonly platformId: string;
  readonly provisioning: {
    /** Connection string to the server that the tenants' databases are on, with the right to make databases and roles. */
    readonly serverUrl: string;
    /** Beginning of the names of the tenants' databases. */
    readonly databasePrefix: string;
    /** Secret of the role R1 connects with, which every new tenant gets; null in a release that does not hold it. */
    readonly r1RoleSecret: string | null;
  };
}
