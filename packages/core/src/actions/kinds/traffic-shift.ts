import { z } from "zod";
import { joinPath } from "../../documents/path.ts";
import { Name, Version } from "../../model/ids.ts";
import { sameWeights, type Weights, weightsAt } from "../../model/weights.ts";
import type { Problem } from "../../problem.ts";
import type { ActionDefinition, CompileContext } from "../definition.ts";
import { checkNewVersion, checkPresent, checkReleaseService, checkVersion } from "../service-checks.ts";
import { enter, leave } from "../world.ts";

/** `traffic.shift`: how much of each tenant's traffic goes to the release's version. */
export const TrafficShiftInput = z.strictObject({
  service: Name.describe("A service that this release brings."),
  to: Version.optional().describe("Filled in by the plan: the release's version."),
  from: Version.optional().describe("Filled in by the plan: the version in service before this release."),
  observed: z
    .record(z.string(), z.record(Version, z.number()))
    .optional()
    .describe(
      "Filled in by the plan of a superseding run: percent by version for each tenant that was not wholly at `from`.",
    ),
  percent: z
    .number()
    .min(0)
    .max(100)
    .describe("Share of requests that `to` gets; `from`, or what is `observed`, gets the rest."),
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

/** What a tenant's requests are moved away from: the versions it was observed on, else the one before the release. */
export function shiftBase(input: TrafficShiftInput, tenant: string): Weights {
  const { [input.to ?? ""]: _share, ...others } = input.observed?.[tenant] ?? {};
  const elsewhere = Object.values(others).some((share) => share > 0);
  return elsewhere ? others : { [input.from ?? "from"]: 100 };
}

const weights = (input: TrafficShiftInput, tenant: string): Weights =>
  weightsAt(shiftBase(input, tenant), input.to ?? "to", input.percent);

/** Tenants of the step whose requests did not go wholly to `from` when the plan was made; undefined where there are none. */
function observedBy(
  { service }: TrafficShiftInput,
  { halfway, units = [], present }: CompileContext,
): Readonly<Record<string, Weights>> | undefined {
  const routes = halfway?.routes[service] ?? {};
  const moved = units.flatMap((unit): [string, Weights][] => {
    const route = routes[unit];
    return route === undefined || sameWeights(route, { [present?.[service] ?? ""]: 100 })
      ? []
      : [[unit, route]];
  });
  return moved.length === 0 ? undefined : Object.fromEntries(moved);
}

/** Nobody writes down by hand what is observed (`BATON-RELEASE-FIELD`). */
const checkObserved = ({ observed }: TrafficShiftInput, context: CompileContext): readonly Problem[] =>
  observed === undefined
    ? []
    : [
        {
          code: "BATON-RELEASE-FIELD",
          message: "`observed` says where tenants were seen, which only looking can tell.",
          remedy: "Leave `observed` out; the plan fills it in.",
          where: { path: joinPath(context.path, "observed") },
        },
      ];

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
    ...checkObserved(input, context),
  ],
  complete: (input, context) => {
    const to = input.to ?? context.release.services[input.service]?.version;
    const from = input.from ?? context.present?.[input.service];
    const observed = input.observed ?? observedBy(input, context);
    return {
      ...input,
      ...(to === undefined ? {} : { to }),
      ...(from === undefined ? {} : { from }),
      ...(observed === undefined ? {} : { observed: { ...observed } }),
    };
  },
  model: (world, input, unit, direction) => {
    const subject = `route:${input.service}/${unit}`;
    return direction === "do"
      ? enter(world, subject, { ...weights(input, unit) })
      : leave(world, subject, { ...weights(input, unit) });
  },
};
