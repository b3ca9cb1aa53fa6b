import { z } from "zod";
import { leftoverVersions } from "../../model/halfway.ts";
import { instanceId, Name, Version } from "../../model/ids.ts";
import type { ActionDefinition, CompileContext } from "../definition.ts";
import { checkNewVersion, checkPresent, checkVersion } from "../service-checks.ts";
import { enter, leave } from "../world.ts";

/** `service.retire`: the service whose version before this release is to go. */
export const ServiceRetireInput = z.strictObject({
  service: Name.describe("A service that this release moved to a new version."),
  version: Version.optional().describe(
    "Filled in by the plan: the version in service before this release, or one that a run left half-way.",
  ),
});
export type ServiceRetireInput = z.infer<typeof ServiceRetireInput>;

const instance = (input: ServiceRetireInput): string =>
  `service:${instanceId(input.service, input.version ?? "0.0.0")}`;

/** Whether the version named is one that a run which stopped half-way has left: it goes with the one before. */
const isLeftover = ({ service, version = "" }: ServiceRetireInput, context: CompileContext): boolean =>
  leftoverVersions(
    context.halfway,
    service,
    context.present?.[service],
    context.release.services[service]?.version,
  ).includes(version);

/** Stops the version that was in service before. Its undo starts that version again, which takes seconds and loses nothing. */
export const serviceRetire: ActionDefinition<ServiceRetireInput> = {
  kind: "service.retire",
  summary: "Stops the version of a service that was there before this release, after its open requests.",
  input: ServiceRetireInput,
  runs: "performed",
  fanOut: "never",
  undo: () => "lossless",
  effect: () => "fenced",
  seconds: () => ({ forward: 1, back: 3 }),
  title: (input) => `retire ${input.service}${input.version === undefined ? "" : ` ${input.version}`}`,
  check: (input, context) => [
    ...checkPresent(input.service, context),
    ...checkNewVersion(input.service, context),
    ...(isLeftover(input, context)
      ? []
      : checkVersion("version", input.version, context.present?.[input.service], context)),
  ],
  complete: (input, context) => {
    const version = input.version ?? context.present?.[input.service];
    return version === undefined ? input : { ...input, version };
  },
  model: (world, input, _unit, direction) =>
    direction === "do" ? enter(world, instance(input), "stopped") : leave(world, instance(input), "stopped"),
};
