import type { Problem, Route, TrafficShiftInput } from "@baton/core";
import { withoutZeros } from "./weights.ts";

/**
 * Why a route is not where the plan expects it before a shift: it sends requests to a version that the step does not name, or
 * more to the new one than the step would leave there. Nothing where it is as expected. `BATON-TRAFFIC-UNEXPECTED`.
 */
export function unexpected(input: TrafficShiftInput, route: Route): readonly Problem[] {
  const { from, to, percent } = input;
  const weights = withoutZeros(route.weights);
  const others = Object.keys(weights).filter((version) => version !== from && version !== to);
  if (others.length > 0)
    return [problem(route, `${others.join(", ")}, a version that the step does not name`)];
  const share = to === undefined ? 0 : (weights[to] ?? 0);
  if (share <= percent) return [];
  return [problem(route, `${to} with ${share} %; the step would take it back to ${percent} %`)];
}

const problem = ({ service, tenant, weights }: Route, what: string): Problem => ({
  code: "BATON-TRAFFIC-UNEXPECTED",
  message: `${tenant} already goes to ${service} ${what}.`,
  remedy:
    "See with `baton status` which release serves the tenant; take back the run that moved it, or plan from the release that it is at.",
  details: { service, tenant, weights: { ...weights } },
});
