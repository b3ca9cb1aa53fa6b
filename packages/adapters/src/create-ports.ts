import type { Platform, Ports } from "@baton/core";
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
  return {
    deploy,
    resolve,
    traffic: createGatewayTraffic({ traffic: platform.traffic, resolve, deploy }),
    keys: createPlatformKeys(platform.keys.tokens, resolve),
    tenants: createPostgresTenants({
      tenants: platform.tenants,
      servers: Object.keys(platform.servers),
      resolve,
    }),
    http: createFetchHttp(),
  };
}
