import type { PlanIndex, RunState } from "@baton/core";
import { z } from "zod";
import type { SubjectFigures } from "./report.ts";

/** What a migration's stage says it found in one tenant. */
const UnitFigures = z.object({
  subject: z.string().min(1),
  total: z.number().nonnegative(),
  encrypted: z.number().nonnegative(),
  verified: z.number().nonnegative().default(0),
});
type UnitFigures = z.infer<typeof UnitFigures>;

/** A subject's sums, with the reason where they are unknown. */
export interface CountedSubject {
  readonly figures: SubjectFigures;
  readonly reason: string | null;
}

/**
 * Sums what the last stage that counted said of each tenant, by subject. Unknown as long as a tenant was not counted, and after
 * a rollback, which no stage has counted. `expected` names subjects that are to be there even when nothing was counted yet.
 */
export function countSubjects(
  index: PlanIndex,
  state: RunState,
  expected: readonly string[],
): ReadonlyMap<string, CountedSubject> {
  const found = lastFigures(index, state);
  const names = new Set([...expected, ...found.keys()]);
  return new Map([...names].map((name) => [name, sum(found.get(name), index, state)]));
}

function lastFigures(
  index: PlanIndex,
  state: RunState,
): ReadonlyMap<string, ReadonlyMap<string, UnitFigures>> {
  const found = new Map<string, Map<string, UnitFigures>>();
  for (const id of index.order) {
    for (const [tenant, unit] of state.steps.get(id)?.units ?? []) {
      const parsed = unit.status === "done" ? UnitFigures.safeParse(unit.output) : null;
      if (!parsed?.success) continue;
      const tenants = found.get(parsed.data.subject) ?? new Map<string, UnitFigures>();
      found.set(parsed.data.subject, tenants.set(tenant, parsed.data));
    }
  }
  return found;
}

function sum(
  tenants: ReadonlyMap<string, UnitFigures> | undefined,
  index: PlanIndex,
  state: RunState,
): CountedSubject {
  const none = { total: null, encrypted: null, verified: null };
  const counted = tenants?.size ?? 0;
  const all = index.plan.tenants.length;
  if (state.rollback !== null)
    return { figures: none, reason: "the run went back, and nothing counted since" };
  if (tenants === undefined) return { figures: none, reason: "no tenant has been counted yet" };
  if (counted < all) return { figures: none, reason: `${counted} of ${all} tenants have been counted` };
  const add = (figure: "total" | "encrypted" | "verified"): number =>
    [...tenants.values()].reduce((total, one) => total + one[figure], 0);
  return {
    figures: { total: add("total"), encrypted: add("encrypted"), verified: add("verified") },
    reason: null,
  };
}
