import type { BackupsPort } from "./backups.ts";
import type { DeployPort } from "./deploy.ts";
import type { HttpPort } from "./http.ts";
import type { KeysPort } from "./keys.ts";
import type { ResolvePort } from "./resolve.ts";
import type { TenantsPort } from "./tenants.ts";
import type { TrafficPort } from "./traffic.ts";

/** The outside world as the actions see it. */
export interface Ports {
  readonly deploy: DeployPort;
  readonly traffic: TrafficPort;
  readonly keys: KeysPort;
  readonly tenants: TenantsPort;
  readonly backups: BackupsPort;
  readonly http: HttpPort;
  readonly resolve: ResolvePort;
}
