import type { Plan } from "../model/plan.ts";
import type { UnitState } from "../model/run-state.ts";

/** Longest pause between two tries, in milliseconds. */
const LONGEST = 60_000;

/** When a unit that failed may be tried again (ms since 1970): the pause doubles with each failure, up to a minute. */
export function dueAt(limits: Plan["limits"], unit: UnitState): number {
  const failedAt = unit.failedAt ?? 0;
  if (unit.failures < 1) return failedAt;
  return failedAt + Math.min(LONGEST, limits.backoffSeconds * 1000 * 2 ** (unit.failures - 1));
}
