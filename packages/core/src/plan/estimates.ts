import type { Plan } from "../model/plan.ts";
import type { ReleaseLimits } from "../model/release.ts";
import type { Tenant } from "../model/tenant.ts";
import { criticalPath } from "./critical-path.ts";
import type { PlanIndex } from "./index-plan.ts";

/**
 * Rounds a fan-out takes: as many as the limit of units at work allows, more where many tenants share a host and its own limit is
 * the tighter one.
 */
export function fanOutRounds(tenants: readonly Tenant[], limits: ReleaseLimits): number {
  const perHost = new Map<string, number>();
  for (const tenant of tenants) perHost.set(tenant.host, (perHost.get(tenant.host) ?? 0) + 1);
  const byHost = [...perHost.values()].map((count) => Math.ceil(count / limits.perHost));
  return Math.max(1, Math.ceil(tenants.length / limits.units), ...byHost);
}

/** Estimates of a plan from the seconds of its steps. */
export function estimatePlan(index: PlanIndex): Plan["estimates"] {
  const total = criticalPath(index, (id) => index.steps.get(id)?.seconds ?? 0);
  return {
    totalSeconds: toMilliseconds(total.seconds),
    criticalPath: [...total.steps],
    worstRollbackSeconds: toMilliseconds(worstRollback(index)),
    pointOfNoReturn: index.order.find((id) => index.steps.get(id)?.undo === "none") ?? null,
  };
}

/** Seconds until the first hold is reached; the whole plan where there is no hold. Waiting for people counts nothing. */
export const secondsToHold = (index: PlanIndex): number =>
  toMilliseconds(
    criticalPath(
      index,
      (id) => index.steps.get(id)?.seconds ?? 0,
      (id) => !index.holdSteps.has(id) && !index.behindHold.has(id),
    ).seconds,
  );

/** Worst rollback from a point before the hold: everything up to there is done and the longest chain of undos counts. */
const worstRollback = (index: PlanIndex): number =>
  criticalPath(
    index,
    (id) => index.steps.get(id)?.undoSeconds ?? 0,
    (id) => !index.behindHold.has(id),
  ).seconds;

/**
 * Seconds a rollback takes when everything behind the hold is done too; null where a step cannot be taken back. Worked out from
 * the steps each time, so that a plan needs no field for it.
 */
export function rollbackAfterHoldSeconds(index: PlanIndex): number | null {
  if (index.plan.steps.some((step) => step.undo === "none")) return null;
  return toMilliseconds(criticalPath(index, (id) => index.steps.get(id)?.undoSeconds ?? 0).seconds);
}

/** Sums of tenths are not tenths in binary; a figure for people stops at milliseconds. */
export const toMilliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;
