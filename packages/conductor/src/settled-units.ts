import {
  type ActionContext,
  changesNothing,
  failed,
  fillTemplates,
  type Json,
  mannerOf,
  ok,
  type Performer,
  type Plan,
  type PlanStep,
  type Ports,
  type Problem,
  type Result,
  type Tenant,
} from "@baton/core";
import { threw } from "./journaled-json.ts";

export interface SettledOptions {
  readonly plan: Plan;
  readonly performers: ReadonlyMap<string, Performer>;
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

/** Tenants that are looked at side by side. */
const PARALLEL = 4;

/**
 * What of a plan's fan-outs is in the world already, as `step/tenant`, read from the world and not from any run's memory: for a
 * run that goes on where another stopped half-way. A step behind one that is present for the same service or migration is
 * passed as well: a tenant that is drained to the new version has its canary behind it. Steps that only look are never settled.
 * What cannot be seen is a problem, all at once: unknown is never taken for absent.
 */
export async function settledUnits(options: SettledOptions): Promise<Result<ReadonlySet<string>>> {
  const settled = new Set<string>();
  const problems: Problem[] = [];
  const queue = [...options.plan.tenants];
  const work = async (): Promise<void> => {
    for (let tenant = queue.shift(); tenant !== undefined; tenant = queue.shift()) {
      const found = await settledOf(tenant, options);
      if (found.ok) for (const unit of found.value) settled.add(unit);
      else problems.push(...found.problems);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return problems.length > 0 ? failed(...problems) : ok(settled);
}

/** Looks at one tenant's steps from the last to the first. */
async function settledOf(tenant: Tenant, options: SettledOptions): Promise<Result<readonly string[]>> {
  const settled: string[] = [];
  const reached = new Set<string>();
  for (const step of [...options.plan.steps].reverse()) {
    if (!step.fanOut || !step.units.includes(tenant.id)) continue;
    if (mannerOf(step) !== "performed" || changesNothing(step)) continue;
    const subject = subjectOf(step);
    if (!reached.has(subject)) {
      const seen = await isPresent(step, tenant, options);
      if (!seen.ok) return seen;
      if (!seen.value) continue;
      reached.add(subject);
    }
    settled.push(`${step.id}/${tenant.id}`);
  }
  return ok(settled);
}

/** Steps of one subject follow each other: stages of a migration, shares of a service's traffic. */
function subjectOf({ kind, input, id }: PlanStep): string {
  const subject = input.migration ?? input.service;
  return `${kind}:${typeof subject === "string" ? subject : id}`;
}

async function isPresent(
  step: PlanStep,
  tenant: Tenant,
  { plan, performers, ports, signal }: SettledOptions,
): Promise<Result<boolean>> {
  const performer = performers.get(step.kind);
  // Whoever drives says so; what nobody here can look at is not taken for done.
  if (performer === undefined) return ok(false);
  const input: Json = fillTemplates(step.input, { tenant: tenant.id });
  const context: ActionContext = {
    ...{ ports, plan, tenant, signal },
    // Looking needs no lease, and fences nobody.
    ...{ run: "", step: step.id, epoch: 0, progress: () => undefined },
  };
  try {
    const before = await performer.before(input, context);
    if (!before.ok) return before;
    const { state, detail } = await performer.observe(input, before.value, context);
    return state === "unknown" ? failed(unseen(step, tenant, detail)) : ok(state === "present");
  } catch (error) {
    return failed(threw(error));
  }
}

const unseen = (step: PlanStep, tenant: Tenant, detail: string): Problem => ({
  code: "BATON-ACTION-UNKNOWN",
  message: `How far ${tenant.id} is in ${step.id} cannot be seen: ${detail}`,
  remedy: "Make the target reachable, then plan again. Unknown is never taken for absent.",
  details: { step: step.id, tenant: tenant.id },
});
