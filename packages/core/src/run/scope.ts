import type { Plan } from "../model/plan.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import type { Problem } from "../problem.ts";
import { stepState } from "./accessors.ts";
import { endedRefusal, goesBackRefusal, stoppingRefusal, unknownNames } from "./control-refusals.ts";
import { namesInWords } from "./words.ts";

/** How far a run is to go, as a person says it: a ring, a tenant, or with both null the whole way. */
interface Extent {
  readonly ring: string | null;
  readonly tenant: string | null;
}

/** The ring of a tenant; null where the plan has no such tenant. */
export const ringOf = ({ plan }: PlanIndex, tenant: string): string | null =>
  plan.tenants.find(({ id }) => id === tenant)?.ring ?? null;

const reached = new WeakMap<Plan, Map<string, ReadonlySet<string>>>();

/** The steps of a ring, and all that must go before them in the plan's order: worked out once a plan. */
export function stepsUpTo(index: PlanIndex, ring: string): ReadonlySet<string> {
  const byRing = reached.get(index.plan) ?? new Map<string, ReadonlySet<string>>();
  reached.set(index.plan, byRing);
  const known = byRing.get(ring);
  if (known !== undefined) return known;
  const steps = new Set(ringSteps(index, ring));
  for (const id of [...index.order].reverse())
    if ((index.dependants.get(id) ?? []).some((next) => steps.has(next))) steps.add(id);
  byRing.set(ring, steps);
  return steps;
}

const ringSteps = ({ plan }: PlanIndex, ring: string): readonly string[] =>
  plan.phases.filter((phase) => phase.ring === ring).flatMap((phase) => phase.steps);

/** Whether a step lies beyond what the run may do for now. */
export const isBeyondScope = (index: PlanIndex, state: RunState, step: string): boolean =>
  state.scope !== null && !stepsUpTo(index, state.scope.ring).has(step);

const HELD_BACK: Problem["code"] = "BATON-TENANT-HELD-BACK";

/** Whether a tenant is parked because the scope leaves it out. */
export const isHeldBack = (state: RunState, tenant: string): boolean =>
  state.parked.get(tenant)?.code === HELD_BACK;

/** The command that drives a run on, as far as it may go for now: without the scope's words it would go the whole way. */
export function driveCommand(release: string, scope: RunState["scope"]): string {
  if (scope === null) return `baton run ${release}`;
  return `baton run ${release} ${scope.tenant === null ? `--ring ${scope.ring}` : `--tenant ${scope.tenant}`}`;
}

/** Tenants of the scope's ring that it leaves out; none where it takes the whole ring, or there is no scope. */
export function leftOutByScope(index: PlanIndex, { scope }: RunState): readonly string[] {
  if (scope === null || scope.tenant === null) return [];
  const { ring, tenant } = scope;
  return index.plan.tenants.filter((one) => one.ring === ring && one.id !== tenant).map(({ id }) => id);
}

/** The cause with which such a tenant is parked. */
export const heldBack = (index: PlanIndex, tenant: string, only: string): Problem => ({
  code: HELD_BACK,
  message: `The run goes forward with ${only} alone for now; ${tenant} is left out.`,
  remedy: `Let it follow with \`baton run ${index.plan.release}\`.`,
});

/** Why a run cannot be told to go so far and no further; null when it can. */
export function scopeRefusal(index: PlanIndex, state: RunState, { ring, tenant }: Extent): Problem | null {
  const early = endedRefusal(state) ?? stoppingRefusal(state) ?? unknownNames(index, state, null, tenant);
  if (early !== null) return early;
  if (state.rollback !== null) return goesBackRefusal(state);
  const meant = ring ?? (tenant === null ? null : ringOf(index, tenant));
  if (meant === null) return null;
  const no = (message: string, remedy: string): Problem => ({
    code: "BATON-RUN-SCOPE",
    message,
    remedy,
    details: { run: state.run, ring, tenant },
  });
  const rings = index.plan.rings.filter((name) => ringSteps(index, name).length > 0);
  if (!rings.includes(meant))
    return no(
      `The plan has no phase for a ring ${meant}.`,
      rings.length === 0
        ? "Its steps are not ordered by rings: run it whole."
        : `Its rings: ${namesInWords(rings, 20)}.`,
    );
  if (tenant === null) return null;
  if (ringOf(index, tenant) !== meant)
    return no(`${tenant} is not in ring ${meant}.`, `It is in ring ${ringOf(index, tenant) ?? "unknown"}.`);
  const begun = ringSteps(index, meant).some((id) => stepState(state, id).status !== "pending");
  const same = state.scope?.ring === meant && state.scope.tenant === tenant;
  return begun && !same
    ? no(
        `Ring ${meant} has begun: ${tenant} can no longer go forward alone.`,
        `Let the ring go on: \`--ring ${meant}\`.`,
      )
    : null;
}
