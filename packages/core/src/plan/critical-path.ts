import type { PlanIndex } from "./index-plan.ts";

/** The longest chain of steps that wait for each other, and how many seconds it takes. */
export interface CriticalPath {
  readonly seconds: number;
  /** Ids from first to last. */
  readonly steps: readonly string[];
}

/**
 * Finds the longest chain. `seconds` says what a step counts; `includes` leaves steps out (they count nothing and carry nothing
 * on). Of chains of the same length the one whose last step stands first in the order is taken.
 */
export function criticalPath(
  index: PlanIndex,
  seconds: (id: string) => number,
  includes: (id: string) => boolean = () => true,
): CriticalPath {
  const ends = new Map<string, { readonly at: number; readonly through: string | null }>();
  let last: string | null = null;
  for (const id of index.order.filter(includes)) {
    let at = 0;
    let through: string | null = null;
    for (const before of index.steps.get(id)?.after ?? []) {
      const end = ends.get(before);
      if (end !== undefined && (through === null || end.at > at)) {
        at = end.at;
        through = before;
      }
    }
    ends.set(id, { at: at + seconds(id), through });
    if (last === null || (ends.get(id)?.at ?? 0) > (ends.get(last)?.at ?? 0)) last = id;
  }
  const steps: string[] = [];
  for (let id = last; id !== null; id = ends.get(id)?.through ?? null) steps.unshift(id);
  return { seconds: last === null ? 0 : (ends.get(last)?.at ?? 0), steps };
}
