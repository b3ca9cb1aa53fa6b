import type { Tenant } from "../model/tenant.ts";
import type { Result } from "../problem.ts";

/** The tenants there are, and the way into their databases. */
export interface TenantsPort {
  list(): Promise<Result<readonly Tenant[]>>;
  /** Connection string with the rights of a migrator. A secret: never logged, never journaled. */
  connection(tenant: string): Promise<Result<string>>;
}
