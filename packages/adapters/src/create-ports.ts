import { join } from "node:path";
import type { Platform, Ports } from "@baton/core";
import { createBackups } from "./backup/create-backups.ts";
import { createSupervisorDeploy } from "./deploy/supervisor.ts";
import { createFetchHttp } from "./http/fetch.ts";
import { createPlatformKeys } from "./platform-keys.ts";
import { createSupervisorResolve } from "./resolve/supervisor.ts";
import type { SupervisorClient } from "./supervisor/client.ts";
import { createPostgresTenants } from "./tenants/postgres.ts";
import { createGatewayTraffic } from "./traffic/gateway-http.ts";

/** The outside world of a platform that runs under this supervisor. Nothing is asked before a port is used. */
export function createPorts(options: {
  readonly platform: Platform;
  readonly supervisor: SupervisorClient;
}): Ports {
  const { platform, supervisor } = options;
  const deploy = createSupervisorDeploy(supervisor);
  const resolve = createSupervisorResolve(supervisor);
  const keys = createPlatformKeys(platform.keys.tokens, resolve);
  const tenants = createPostgresTenants({
    tenants: platform.tenants,
    servers: Object.keys(platform.servers),
    resolve,
  });
  return {
    deploy,
    resolve,
    traffic: createGatewayTraffic({ traffic: platform.traffic, resolve, deploy }),
    keys,
    tenants,
    backups: createBackups({
      root: join(supervisor.stateDir, "backups", "tenants"),
      keys,
      retention: platform.backups ?? null,
      connection: tenants.connection,
    }),
    http: createFetchHttp(),
  };
}
