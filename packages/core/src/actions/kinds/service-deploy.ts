import { z } from "zod";
import { instanceId, Name, Version } from "../../model/ids.ts";
import type { ActionDefinition } from "../definition.ts";
import { checkReleaseService, checkVersion } from "../service-checks.ts";
import { enter, leave } from "../world.ts";

/** `service.deploy`: the service; its version is the release's. */
export const ServiceDeployInput = z.strictObject({
  service: Name.describe("A service that this release brings."),
  version: Version.optional().describe("Filled in by the plan from the release's services."),
});
export type ServiceDeployInput = z.infer<typeof ServiceDeployInput>;

const instance = (input: ServiceDeployInput): string =>
  `service:${instanceId(input.service, input.version ?? "0.0.0")}`;

/**
 * Starts the release's version of a service beside the one in service. No request reaches it before a `traffic.shift`.
 * Its undo is lossless and not instant: stopping waits for open requests, some seconds at worst.
 */
export const serviceDeploy: ActionDefinition<ServiceDeployInput> = {
  kind: "service.deploy",
  summary: "Starts the release's version of a service beside the present one and waits until it is healthy.",
  input: ServiceDeployInput,
  runs: "performed",
  fanOut: "never",
  undo: () => "lossless",
  effect: () => "fenced",
  seconds: () => ({ forward: 3, back: 1 }),
  title: (input) => `deploy ${input.service}${input.version === undefined ? "" : ` ${input.version}`}`,
  check: (input, context) => [
    ...checkReleaseService(input.service, context),
    ...checkVersion("version", input.version, context.release.services[input.service]?.version, context),
  ],
  complete: (input, context) => {
    const version = input.version ?? context.release.services[input.service]?.version;
    return version === undefined ? input : { ...input, version };
  },
  model: (world, input, _unit, direction) =>
    direction === "do" ? enter(world, instance(input), "running") : leave(world, instance(input), "running"),
};
