import type { Halfway } from "../model/halfway.ts";
import { type Weights, withoutZeros } from "../model/weights.ts";
import type { Problem } from "../problem.ts";
import type { Provable } from "./proofs.ts";
import { movesAll, shorten } from "./prove-retire.ts";

/**
 * Nobody is left on a version that the release does not know (`BATON-PLAN-ROUTED`): whoever was found elsewhere than on the
 * version before it, or on the one it brings, is moved by it.
 */
export function proveRoutes(
  { index, release, places }: Provable,
  present: Readonly<Record<string, string>>,
  { routes }: Halfway,
): readonly Problem[] {
  return Object.entries(routes).flatMap(([service, byTenant]): Problem[] => {
    const moved = new Set(
      index.plan.steps.filter((step) => movesAll(step, service)).flatMap((step) => step.units),
    );
    const known = [present[service], release.services[service]?.version];
    const strange = (weights: Weights) =>
      Object.keys(withoutZeros(weights)).filter((version) => !known.includes(version));
    const left = index.plan.tenants
      .map(({ id }) => id)
      .filter((id) => !moved.has(id) && strange(byTenant[id] ?? {}).length > 0);
    if (left.length === 0) return [];
    const versions = [...new Set(left.flatMap((id) => strange(byTenant[id] ?? {})))].sort();
    return [
      {
        code: "BATON-PLAN-ROUTED",
        message: `${shorten(left)} ${left.length === 1 ? "goes" : "go"} to ${service} ${versions.join(", ")}, from where ${release.release} moves nobody.`,
        remedy: `Bring a version of \`${service}\` with ${release.release} and shift 100 percent to it for every tenant, or take the stopped run back with \`baton rollback\` first.`,
        where: places("services"),
        details: { service, versions, tenants: left },
      },
    ];
  });
}
