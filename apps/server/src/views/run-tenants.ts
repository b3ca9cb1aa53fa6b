import type { LoadedRun } from "@baton/conductor";
import { type RunTenantsBody, TenantStanding } from "@baton/contracts";
import { type PlanStep, stepState, tenantStates, unitState } from "@baton/core";
import type { z } from "zod";

type Body = z.infer<typeof RunTenantsBody>;

/** Standings in the order of their numbers. */
export const STANDINGS = TenantStanding.options;

/** Where every tenant of a run stands, by id: the number of its standing, and of the fanned-out step it is in or was in last. */
export interface Stands {
  readonly standing: readonly number[];
  readonly step: readonly number[];
}

/** Steps that fan out, in the plan's order: those a tenant can be in. */
export const fanOuts = ({ plan }: LoadedRun): readonly PlanStep[] =>
  plan.steps.filter(({ fanOut }) => fanOut);

/** In the order of the plan's tenants. Costs by tenants and by what was touched. */
export function standsOf(loaded: LoadedRun): Stands {
  const { index, state, plan } = loaded;
  const numbers = new Map<string, number>();
  for (const [at, step] of fanOuts(loaded).entries())
    for (const [unit, { touched, status }] of stepState(state, step.id).units)
      if (touched && status !== "undone") numbers.set(unit, at);
  const standings = tenantStates(index, state);
  return {
    standing: plan.tenants.map(({ id }) => STANDINGS.indexOf(standings.get(id) ?? "pending")),
    step: plan.tenants.map(({ id }) => numbers.get(id) ?? -1),
  };
}

/** The same in columns, with the lists its numbers point into. */
export function tenantColumns(loaded: LoadedRun, now: number): Body {
  const { run, plan, state, position } = loaded;
  const stands = standsOf(loaded);
  return {
    run,
    position,
    at: now,
    rings: plan.rings,
    standings: [...STANDINGS],
    steps: fanOuts(loaded).map(({ id, title }) => ({ step: id, title })),
    tenants: {
      id: plan.tenants.map(({ id }) => id),
      ring: plan.tenants.map(({ ring }) => plan.rings.indexOf(ring)),
      standing: [...stands.standing],
      step: [...stands.step],
    },
    problems: [...state.parked].map(([tenant, problem]) => ({ tenant, problem })),
  };
}

/** Tenants that stand elsewhere than before; all of them where nothing was known. */
export function moved(loaded: LoadedRun, before: Stands | null, now: Stands) {
  return loaded.plan.tenants.flatMap(({ id }, at) => {
    const [standing = 0, step = -1] = [now.standing[at], now.step[at]];
    return before?.standing[at] === standing && before.step[at] === step ? [] : [{ id, standing, step }];
  });
}

/** Whether a step takes part of a tenant, and what became of it there. */
export const shareOf = ({ state }: LoadedRun, step: PlanStep, tenant: string) =>
  unitState(stepState(state, step.id), tenant);
