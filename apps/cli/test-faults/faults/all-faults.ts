import { conductorKill, conductorStop } from "./conductor.ts";
import type { Fault } from "./fault.ts";
import { postgresKill, serviceKill } from "./servers.ts";
import { tableLock, tenantDown, tenantReadOnly } from "./tenants.ts";

/** Every fault there is, by name. */
export const FAULTS: ReadonlyMap<string, Fault> = new Map(
  [conductorKill, conductorStop, postgresKill, serviceKill, tenantDown, tenantReadOnly, tableLock].map(
    (fault) => [fault.name, fault],
  ),
);
