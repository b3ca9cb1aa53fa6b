import type { Places } from "../documents/places.ts";
import type { Problem } from "../problem.ts";
import type { ExpandedPhase } from "./expand.ts";
import { topologicalOrder } from "./order.ts";

/** A cycle in words, `a -> b -> a`: each waits for the next. */
export const cyclePath = (cycle: readonly string[]): string => cycle.join(" -> ");

/** Refuses steps that wait for each other in a ring (`BATON-PLAN-CYCLE`), with the path, at an `after` that is part of it. */
export function checkCycle(phases: readonly ExpandedPhase[], places: Places): readonly Problem[] {
  const steps = new Map(phases.flatMap((phase) => phase.steps.map((step) => [step.id, step])));
  const { cycle } = topologicalOrder([...steps.keys()], (id) => steps.get(id)?.after ?? []);
  if (cycle === null) return [];
  const culprit = cycle.find((id) => steps.get(id)?.step.after !== undefined);
  const phase = phases.find(
    (one) => one.phase.after !== undefined && cycle.some((id) => id.startsWith(`${one.id}.`)),
  );
  const stepPath = culprit === undefined ? undefined : steps.get(culprit)?.path;
  const path = stepPath ?? phase?.path;
  return [
    {
      code: "BATON-PLAN-CYCLE",
      message: `Steps wait for each other in a ring: ${cyclePath(cycle)}.`,
      remedy: "A step cannot wait for itself. Remove one of the `after` entries on this path.",
      ...(path === undefined ? {} : { where: places(`${path}.after`, "key") }),
      details: { cycle },
    },
  ];
}
