import { clockBack, clockForward } from "./clock.ts";
import { conductorKill, conductorStop } from "./conductor.ts";
import type { Fault } from "./fault.ts";
import { journalDiskFull } from "./journal-disk.ts";
import { postgresKill, serviceKill } from "./servers.ts";
import { tableLock, tenantDown, tenantReadOnly } from "./tenants.ts";

/** Every fault there is, by name. */
export const FAULTS: ReadonlyMap<string, Fault> = new Map(
  [
    conductorKill,
    conductorStop,
    postgresKill,
    serviceKill,
    tenantDown,
    tenantReadOnly,
    tableLock,
    journalDiskFull,
    clockForward,
    clockBack,
  ].map((fault) => [fault.name, fault]),
);
