import type { PlanIndex } from "./index-plan.ts";

/** Steps by their distance from the start, for drawing only: a run does not wait for waves. */
export function planWaves(index: PlanIndex): readonly (readonly string[])[] {
  const depth = new Map<string, number>();
  const waves: string[][] = [];
  for (const id of index.order) {
    const before = index.steps.get(id)?.after ?? [];
    const wave = Math.max(-1, ...before.map((name) => depth.get(name) ?? -1)) + 1;
    depth.set(id, wave);
    waves[wave] = [...(waves[wave] ?? []), id];
  }
  return waves;
}
