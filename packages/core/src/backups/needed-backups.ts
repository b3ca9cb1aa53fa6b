import type { Json } from "../json.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import type { Backup } from "../ports/backups.ts";

/**
 * The files of those backups that a run which is not over may still go back to: those it made, those its restores have chosen,
 * and of each name that a restore of it is still to choose from the tenant's newest.
 */
export function neededBackups(
  index: PlanIndex,
  state: RunState,
  all: readonly Backup[],
): ReadonlySet<string> {
  const chosen = new Set<string>();
  for (const step of state.steps.values())
    for (const { before, output } of step.units.values()) noteFiles(chosen, before, output);
  const names = new Set(
    index.plan.steps.filter(({ kind }) => kind === "tenants.restore").map(({ input }) => input.backup),
  );
  const newest = new Map<string, Backup>();
  for (const one of all) {
    const key = `${one.tenant}/${one.name}`;
    if (names.has(one.name) && one.takenAt > (newest.get(key)?.takenAt ?? -1)) newest.set(key, one);
  }
  const needed = all.filter(
    (one) =>
      chosen.has(one.file) ||
      fieldOf(one.about, "run") === state.run ||
      newest.get(`${one.tenant}/${one.name}`) === one,
  );
  return new Set(needed.map(({ file }) => file));
}

function noteFiles(files: Set<string>, ...facts: readonly Json[]): void {
  for (const fact of facts) {
    const file = fieldOf(fact, "file");
    if (typeof file === "string") files.add(file);
  }
}

const fieldOf = (value: Json, name: string): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? ((value as Readonly<Record<string, Json>>)[name] ?? null)
    : null;
