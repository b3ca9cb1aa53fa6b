import { type PlanStep, SOLE_UNIT } from "../model/plan.ts";
import type { ReleaseLimits } from "../model/release.ts";
import type { Tenant } from "../model/tenant.ts";
import type { Problem } from "../problem.ts";
import { fanOutRounds, toMilliseconds } from "./estimates.ts";
import type { ExpandedPhase, ExpandedStep } from "./expand.ts";
import { type ResolvedStep, resolveStep, type StepContext } from "./resolve-step.ts";
import { fillTemplates } from "./templates.ts";

/** Steps of the plan in the order of the release, where each comes from, and what stood in the way. */
export interface CompiledSteps {
  readonly steps: readonly PlanStep[];
  readonly paths: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

interface Placed {
  readonly expanded: ExpandedStep;
  readonly phase: ExpandedPhase;
  readonly resolved: ResolvedStep;
  /** Tenants of a fan-out; null where the step is done once. */
  readonly tenants: readonly Tenant[] | null;
}

/**
 * Makes steps of a plan from steps of a release. A fan-out over nobody is left out, and who waited for it waits for what it
 * waited for. `settled` units, `step/tenant`, are left out of their steps.
 */
export function compileSteps(
  phases: readonly ExpandedPhase[],
  tenants: readonly Tenant[],
  limits: ReleaseLimits,
  context: Omit<StepContext, "ring" | "units">,
  settled: ReadonlySet<string> = new Set(),
): CompiledSteps {
  const problems: Problem[] = [];
  const placed: Placed[] = [];
  for (const phase of phases) {
    const ofPhase = phase.ring === null ? tenants : tenants.filter((tenant) => tenant.ring === phase.ring);
    for (const expanded of phase.steps) {
      const ofStep =
        expanded.step.each === "tenants"
          ? ofPhase.filter(({ id }) => !settled.has(`${expanded.id}/${id}`))
          : null;
      const units = ofStep?.map(({ id }) => id) ?? null;
      const resolved = resolveStep(expanded.step, expanded.path, { ...context, units, ring: phase.ring });
      if (!resolved.ok) problems.push(...resolved.problems);
      else placed.push({ expanded, phase, resolved: resolved.value, tenants: ofStep });
    }
  }
  const waitsFor = bridgeEmpty(placed);
  const kept = placed.filter((one) => one.tenants?.length !== 0);
  return {
    steps: kept.map((one) => toPlanStep(one, waitsFor(one.expanded.id), limits, context.release.release)),
    paths: new Map(kept.map(({ expanded }) => [expanded.id, expanded.path])),
    problems,
  };
}

/** What a step waits for when steps without units are gone: through them, for what they waited for. */
function bridgeEmpty(placed: readonly Placed[]): (id: string) => readonly string[] {
  const byId = new Map(placed.map((one) => [one.expanded.id, one]));
  const bridged = new Map<string, readonly string[]>();
  const resolve = (id: string): readonly string[] => {
    const known = bridged.get(id);
    if (known !== undefined) return known;
    const found = (byId.get(id)?.expanded.after ?? []).flatMap((before) =>
      byId.get(before)?.tenants?.length === 0 ? resolve(before) : [before],
    );
    const once = [...new Set(found)];
    bridged.set(id, once);
    return once;
  };
  return resolve;
}

function toPlanStep(one: Placed, after: readonly string[], limits: ReleaseLimits, release: string): PlanStep {
  const { definition, input } = one.resolved;
  const { step, id } = one.expanded;
  const declared = definition.seconds(input);
  const rounds = one.tenants === null ? 1 : fanOutRounds(one.tenants, limits);
  const titles = { release, ...(one.phase.ring === null ? {} : { ring: one.phase.ring }) };
  return {
    id,
    phase: one.phase.id,
    kind: definition.kind,
    title: step.title === undefined ? definition.title(input) : fillText(step.title, titles),
    after: [...after],
    input,
    units: one.tenants === null ? [SOLE_UNIT] : one.tenants.map((tenant) => tenant.id),
    fanOut: one.tenants !== null,
    undo: definition.undo(input),
    effect: definition.effect(input),
    seconds: toMilliseconds(rounds * (step.seconds ?? declared.forward)),
    undoSeconds: toMilliseconds(rounds * declared.back),
  };
}

/** Fills the templates of a text. */
export const fillText = (text: string, values: Readonly<Record<string, string>>): string =>
  String(fillTemplates(text, values));
