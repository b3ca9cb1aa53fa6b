import {
  type Problem,
  type Route,
  sameWeights,
  shiftBase,
  type TrafficShiftInput,
  type Weights,
  weightsAt,
  withoutZeros,
} from "@baton/core";

/**
 * Why a route is not where the plan expects it before a shift: it sends requests to a version that the plan neither goes to nor
 * found the tenant on, more to the new one than the step would leave there, or the rest in other shares than it was found.
 * Nothing where it is as expected, or on the way. `BATON-TRAFFIC-UNEXPECTED`.
 */
export function unexpected(input: TrafficShiftInput, route: Route): readonly Problem[] {
  const { to = "", percent } = input;
  const weights = withoutZeros(route.weights);
  const base = shiftBase(input, route.tenant);
  const others = Object.keys(weights).filter((version) => version !== to && !Object.hasOwn(base, version));
  if (others.length > 0)
    return [problem(route, `${others.join(", ")}, a version that the plan did not find it on`)];
  const share = weights[to] ?? 0;
  if (share > percent)
    return [problem(route, `${to} with ${share} %; the step would take it back to ${percent} %`)];
  const nowhere = Object.keys(weights).length === 0;
  if (nowhere || sameWeights(weights, weightsAt(base, to, share))) return [];
  return [problem(route, `${inWords(weights)}; the plan found it at ${inWords(withoutZeros(base))}`)];
}

const inWords = (weights: Weights): string =>
  Object.entries(weights)
    .map(([version, share]) => `${version} with ${share} %`)
    .join(" and ");

const problem = ({ service, tenant, weights }: Route, what: string): Problem => ({
  code: "BATON-TRAFFIC-UNEXPECTED",
  message: `${tenant} already goes to ${service} ${what}.`,
  remedy:
    "See with `baton status` and `baton history` who moved it. Take back the run that did, then retry the step; where a run stopped half-way, plan again with --supersede, which goes on from where each tenant is.",
  details: { service, tenant, weights: { ...weights } },
});
