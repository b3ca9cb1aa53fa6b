import type { Guard } from "./guard.ts";
import { accessGuards } from "./list/access.ts";
import { auditGuards } from "./list/audit.ts";
import { conductorGuards } from "./list/conductor.ts";
import { journalGuards } from "./list/journal.ts";
import { migrationGuards } from "./list/migration.ts";
import { runGuards } from "./list/run.ts";
import { serverGuards } from "./list/server.ts";
import { signInGuards } from "./list/sign-in.ts";
import { targetGuards } from "./list/targets.ts";

/** Every guard whose test is shown to fail without it, in the order in which they are tried. */
export const GUARDS: readonly Guard[] = [
  ...runGuards,
  ...conductorGuards,
  ...journalGuards,
  ...auditGuards,
  ...migrationGuards,
  ...targetGuards,
  ...accessGuards,
  ...signInGuards,
  ...serverGuards,
];
