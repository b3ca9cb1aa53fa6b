import type { Plan } from "../model/plan.ts";

const byPlan = new WeakMap<Plan, ReadonlyMap<string, string>>();

/** Database hosts by tenant, worked out once a plan. */
export function hostsOf(plan: Plan): ReadonlyMap<string, string> {
  const known = byPlan.get(plan);
  if (known !== undefined) return known;
  const hosts = new Map(plan.tenants.map((tenant) => [tenant.id, tenant.host]));
  byPlan.set(plan, hosts);
  return hosts;
}
