import { z } from "zod";
import type { Plan } from "../model/plan.ts";
import { weightsInWords } from "./halfway-assumptions.ts";

/** Tenants of one ring that a superseding plan found in the same situation. */
export interface Standing {
  readonly ring: string;
  readonly tenants: readonly string[];
  /** Where their requests go, `platform-api 1.0.0 50 %, 2.0.0 50 %`; a line a service. */
  readonly goTo: readonly string[];
  /** Steps of theirs that are in place and are not done again; names without the phase. */
  readonly inPlace: readonly string[];
  /** Steps of theirs that the plan has still to do. */
  readonly left: readonly string[];
}

const Routes = z.array(z.object({ weights: z.record(z.string(), z.number()), tenants: z.array(z.string()) }));
const Settled = z.array(z.string());

/** What a superseding plan found of each tenant and what is left, tenants in the same situation together; none in another plan. */
export function standingsOf(plan: Plan): readonly Standing[] {
  if (plan.supersedes === undefined) return [];
  const [goTo, inPlace] = [routesByTenant(plan), settledByTenant(plan)];
  const left = unitsByTenant(plan.steps.flatMap(({ id, units }) => units.map((unit) => [id, unit] as const)));
  const groups = new Map<string, Standing & { readonly tenants: string[] }>();
  for (const { id, ring } of plan.tenants) {
    const standing = {
      ring,
      goTo: goTo.get(id) ?? [],
      inPlace: inPlace.get(id) ?? [],
      left: left.get(id) ?? [],
    };
    const key = JSON.stringify(standing);
    const group = groups.get(key) ?? { ...standing, tenants: [] };
    group.tenants.push(id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function routesByTenant({ assumptions }: Plan): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, string[]>();
  for (const { subject, value } of assumptions) {
    const routes = subject.startsWith("routes:") ? Routes.safeParse(value) : null;
    if (!routes?.success) continue;
    for (const { weights, tenants } of routes.data)
      for (const tenant of tenants)
        words.set(tenant, [
          ...(words.get(tenant) ?? []),
          weightsInWords(subject.slice("routes:".length), weights),
        ]);
  }
  return words;
}

function settledByTenant(plan: Plan): ReadonlyMap<string, readonly string[]> {
  const value = plan.assumptions.find(({ subject }) => subject === `superseded:${plan.supersedes}`)?.value;
  const settled = Settled.safeParse(value);
  const units = settled.success ? settled.data : [];
  return unitsByTenant(
    units.map((unit) => [unit.slice(0, unit.indexOf("/")), unit.slice(unit.indexOf("/") + 1)] as const),
  );
}

/** Steps by tenant, in the order given, without their phases. */
function unitsByTenant(
  units: readonly (readonly [step: string, tenant: string])[],
): ReadonlyMap<string, readonly string[]> {
  const steps = new Map<string, string[]>();
  for (const [step, tenant] of units)
    steps.set(tenant, [...(steps.get(tenant) ?? []), step.slice(step.indexOf(".") + 1)]);
  return steps;
}
