import type { ActionDefinition } from "./definition.ts";
import { checkHttp } from "./kinds/check-http.ts";
import { gateApproval } from "./kinds/gate-approval.ts";
import { gateBake } from "./kinds/gate-bake.ts";
import { keysCreate } from "./kinds/keys-create.ts";
import { keysRotate } from "./kinds/keys-rotate.ts";
import { serviceDeploy } from "./kinds/service-deploy.ts";
import { serviceRetire } from "./kinds/service-retire.ts";
import { tenantsBackup } from "./kinds/tenants-backup.ts";
import { tenantsMigrate } from "./kinds/tenants-migrate.ts";
import { tenantsRestore } from "./kinds/tenants-restore.ts";
import { trafficShift } from "./kinds/traffic-shift.ts";

/** The pure halves of all actions, by step kind. */
export type Catalogue = ReadonlyMap<string, ActionDefinition>;

const definitions: readonly ActionDefinition[] = [
  checkHttp,
  gateApproval,
  gateBake,
  keysCreate,
  keysRotate,
  serviceDeploy,
  serviceRetire,
  tenantsBackup,
  tenantsMigrate,
  tenantsRestore,
  trafficShift,
];

/** Every step kind Baton knows, in the order of their names. */
export const catalogue: Catalogue = new Map(definitions.map((definition) => [definition.kind, definition]));
