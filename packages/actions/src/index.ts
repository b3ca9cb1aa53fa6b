import type { Performer } from "@baton/core";
import { checkHttp } from "./check-http/performer.ts";
import { keysCreate } from "./keys-create/performer.ts";
import { keysRotate } from "./keys-rotate/performer.ts";
import { serviceDeploy } from "./service-deploy/performer.ts";
import { serviceRetire } from "./service-retire/performer.ts";
import { tenantsBackup } from "./tenants-backup/performer.ts";
import { tenantsMigrate } from "./tenants-migrate/performer.ts";
import { tenantsRestore } from "./tenants-restore/performer.ts";
import { trafficShift } from "./traffic-shift/performer.ts";

/** Where performers find what a plan names by path, and the Node that runs scripts. */
export interface PerformersOptions {
  readonly platformDir: string;
  readonly nodePath: string;
}

/** The performing half of every kind that is performed, by kind. Inputs must be valid by the kind's schema. */
export function createPerformers(options: PerformersOptions): ReadonlyMap<string, Performer> {
  const performers: readonly Performer[] = [
    checkHttp(),
    keysCreate(),
    keysRotate(options),
    serviceDeploy(),
    serviceRetire(),
    tenantsBackup(),
    tenantsMigrate(options),
    tenantsRestore(),
    trafficShift(),
  ];
  return new Map(performers.map((performer) => [performer.kind, performer]));
}

export { checkHttp } from "./check-http/performer.ts";
export { keysCreate } from "./keys-create/performer.ts";
export { serviceDeploy } from "./service-deploy/performer.ts";
export { serviceRetire } from "./service-retire/performer.ts";
export { migrationDigest } from "./tenants-migrate/digest.ts";
export { loadMigration } from "./tenants-migrate/manifest.ts";
export { type TenantsMigrateOptions, tenantsMigrate } from "./tenants-migrate/performer.ts";
export { residueUntil } from "./tenants-migrate/residue.ts";
export { trafficShift } from "./traffic-shift/performer.ts";
