import { z } from "zod";
import type { JsonObject } from "../../json.ts";
import { Name, Version } from "../../model/ids.ts";
import type { ActionDefinition } from "../definition.ts";
import { checkNewVersion, checkPresent, checkReleaseService, checkVersion } from "../service-checks.ts";
import { enter, leave } from "../world.ts";

/** `traffic.shift`: how much of each tenant's traffic goes to the release's version. */
export const TrafficShiftInput = z.strictObject({
  service: Name.describe("A service that this release brings."),
  to: Version.optional().describe("Filled in by the plan: the release's version."),
  from: Version.optional().describe("Filled in by the plan: the version in service before this release."),
  percent: z.number().min(0).max(100).describe("Share of requests that `to` gets; `from` gets the rest."),
  drainSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(30)
    .describe(
      "At 0 and 100 percent: seconds to wait for the open requests of the version that gets no more.",
    ),
});
export type TrafficShiftInput = z.infer<typeof TrafficShiftInput>;

/** The shares a shift sets, by version; a share of zero is left out. */
function weights(input: TrafficShiftInput): JsonObject {
  const shares: [string, number][] = [
    [input.from ?? "from", 100 - input.percent],
    [input.to ?? "to", input.percent],
  ];
  return Object.fromEntries(shares.filter(([, share]) => share > 0));
}

/** Moves a share of each tenant's requests to the release's version; the route is compared before it is set. */
export const trafficShift: ActionDefinition<TrafficShiftInput> = {
  kind: "traffic.shift",
  summary:
    "Sends a share of each tenant's requests to the release's version and waits for open requests to drain.",
  input: TrafficShiftInput,
  runs: "performed",
  fanOut: "required",
  undo: () => "instant",
  effect: () => "compare-and-set",
  seconds: () => ({ forward: 0.2, back: 0.2 }),
  title: (input) =>
    `${input.percent} % of ${input.service} to ${input.to === undefined ? "the new version" : input.to}`,
  check: (input, context) => [
    ...checkReleaseService(input.service, context),
    ...checkPresent(input.service, context),
    ...checkNewVersion(input.service, context),
    ...checkVersion("to", input.to, context.release.services[input.service]?.version, context),
    ...checkVersion("from", input.from, context.present?.[input.service], context),
  ],
  complete: (input, context) => {
    const to = input.to ?? context.release.services[input.service]?.version;
    const from = input.from ?? context.present?.[input.service];
    return { ...input, ...(to === undefined ? {} : { to }), ...(from === undefined ? {} : { from }) };
  },
  model: (world, input, unit, direction) => {
    const subject = `route:${input.service}/${unit}`;
    return direction === "do" ? enter(world, subject, weights(input)) : leave(world, subject, weights(input));
  },
};
