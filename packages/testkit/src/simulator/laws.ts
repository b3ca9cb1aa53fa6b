import { needsAllTenants, type RunEvent } from "@baton/core";
import type { Simulation } from "./simulate.ts";

/** Laws of a run that show in its journal and its world. Gives what was broken, in words; empty for a sound run. */
export function brokenLaws(simulation: Simulation): readonly string[] {
  return [
    ...simulation.broken,
    ...(simulation.outcome === "exhausted" ? ["the run neither ends nor waits"] : []),
    ...stepsInOrder(simulation),
    ...undoneInReverse(simulation),
    ...finishedStayFinished(simulation),
    ...intentsFirst(simulation),
    ...parkedLeftAlone(simulation),
    ...oldReleaseAfterRollback(simulation),
  ];
}

type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;

/** Events of one type with their position. */
function eventsOf<Type extends RunEvent["type"]>(
  { events }: Simulation,
  type: Type,
): readonly { readonly position: number; readonly event: EventOf<Type> }[] {
  return events.flatMap(({ event }, position) =>
    event.type === type ? [{ position, event: event as EventOf<Type> }] : [],
  );
}

/** No step starts before all it waits for has succeeded. */
function stepsInOrder(simulation: Simulation): readonly string[] {
  const succeeded = new Map<string, number>();
  for (const { position, event } of eventsOf(simulation, "step.ended"))
    if (event.outcome === "succeeded") succeeded.set(event.step, position);
  return eventsOf(simulation, "step.started").flatMap(({ position, event }) =>
    (simulation.index.steps.get(event.step)?.after ?? [])
      .filter((before) => (succeeded.get(before) ?? Number.POSITIVE_INFINITY) > position)
      .map((before) => `${event.step} started before ${before} ended`),
  );
}

/** Whatever waited for a step and had begun is undone before that step is touched again. */
function undoneInReverse(simulation: Simulation): readonly string[] {
  const begun = new Set(eventsOf(simulation, "step.started").map(({ event }) => event.step));
  const undone = new Map<string, number>();
  for (const { position, event } of eventsOf(simulation, "step.ended"))
    if (event.outcome === "undone") undone.set(event.step, position);
  const touches = [
    ...eventsOf(simulation, "effect.intended").filter(({ event }) => event.direction === "undo"),
    ...eventsOf(simulation, "step.ended").filter(({ event }) => event.outcome === "undone"),
  ];
  return touches.flatMap(({ position, event }) =>
    (simulation.index.dependants.get(event.step) ?? [])
      .filter((behind) => begun.has(behind))
      .filter((behind) => (undone.get(behind) ?? Number.POSITIVE_INFINITY) > position)
      .map((behind) => `${event.step} was taken back before ${behind}`),
  );
}

/** An effect whose outcome is journaled never reaches the world again. */
function finishedStayFinished(simulation: Simulation): readonly string[] {
  const done = new Map<string, number>();
  for (const { position, event } of eventsOf(simulation, "effect.done")) done.set(event.key, position);
  return simulation.world.operations
    .filter(({ key, position }) => (done.get(key) ?? Number.POSITIVE_INFINITY) < position)
    .map(({ key }) => `${key} was performed again`);
}

/** Nothing reaches the world before its intent is journaled. */
function intentsFirst(simulation: Simulation): readonly string[] {
  const intended = new Map<string, number>();
  for (const { position, event } of eventsOf(simulation, "effect.intended"))
    if (!intended.has(event.key)) intended.set(event.key, position);
  return simulation.world.operations
    .filter(({ key, position }) => (intended.get(key) ?? Number.POSITIVE_INFINITY) >= position)
    .map(({ key }) => `${key} reached the world before its intent`);
}

/** A parked tenant is left out of what starts later, and nothing that needs every tenant starts. */
function parkedLeftAlone(simulation: Simulation): readonly string[] {
  const broken: string[] = [];
  const parkedAt = new Map<string, number>();
  for (const { position, event } of eventsOf(simulation, "unit.parked"))
    if (!parkedAt.has(event.unit)) parkedAt.set(event.unit, position);
  const first = Math.min(Number.POSITIVE_INFINITY, ...parkedAt.values());
  const started = new Map<string, number>();
  for (const { position, event } of eventsOf(simulation, "step.started")) {
    started.set(event.step, position);
    const step = simulation.index.steps.get(event.step);
    if (step !== undefined && position > first && needsAllTenants(step))
      broken.push(`${event.step} started while a tenant is parked`);
  }
  for (const { event } of eventsOf(simulation, "effect.intended"))
    if ((parkedAt.get(event.unit) ?? Number.POSITIVE_INFINITY) < (started.get(event.step) ?? 0))
      broken.push(`${event.step} touched ${event.unit}, which is parked`);
  return broken;
}

/** After a rollback nothing of the new release is left, but for what is inert. */
function oldReleaseAfterRollback(simulation: Simulation): readonly string[] {
  if (simulation.state.ended?.outcome !== "rolled-back") return [];
  const inert = simulation.index.plan.steps.filter((step) => step.undo === "inert").map((step) => step.id);
  return simulation.world
    .present()
    .filter((effect) => !inert.some((step) => effect.startsWith(`${step}/`)))
    .map((effect) => `${effect} is left after the rollback`);
}
