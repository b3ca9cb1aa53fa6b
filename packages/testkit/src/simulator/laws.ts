import { needsAllTenants, type RunEvent } from "@baton/core";
import type { Simulation } from "./simulate.ts";
import { BY_HAND } from "./world.ts";

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
    ...tenantsInOrder(simulation),
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
    if (event.outcome === "succeeded" && !succeeded.has(event.step)) succeeded.set(event.step, position);
  return eventsOf(simulation, "step.started").flatMap(({ position, event }) =>
    (simulation.index.steps.get(event.step)?.after ?? [])
      .filter((before) => (succeeded.get(before) ?? Number.POSITIVE_INFINITY) > position)
      .map((before) => `${event.step} started before ${before} ended`),
  );
}

/**
 * A tenant's share of a step begins when its share of all before is done, also where it was parked or taken back and came back; what
 * needs every tenant starts when every tenant's share of all before is done; and a tenant that goes back alone is undone from its end.
 */
function tenantsInOrder(simulation: Simulation): readonly string[] {
  const { steps } = simulation.index;
  const broken: string[] = [];
  const done = new Set<string>();
  const shares = (step: string, tenant: string | null) =>
    (steps.get(step)?.units ?? [])
      .filter((unit) => steps.get(step)?.fanOut && (tenant === null || unit === tenant))
      .map((unit) => `${step}/${unit}`);
  const missing = (step: string, tenant: string | null) =>
    [...ancestorsOf(simulation, step)].some((before) =>
      shares(before, tenant).some((share) => !done.has(share)),
    );
  let back = false;
  for (const { event } of simulation.events) {
    if (event.type === "run.rolling-back") back = true;
    if (event.type === "step.settled") for (const share of shares(event.step, event.tenant)) done.add(share);
    if (event.type === "effect.done" && event.key.includes("/undo/"))
      done.delete(`${event.step}/${event.unit}`);
    else if (event.type === "effect.done") done.add(`${event.step}/${event.unit}`);
    // What is inert is not undone, and is to be done again when the tenant comes back.
    if (event.type === "tenant.rolling-back")
      for (const step of steps.values()) if (step.undo === "inert") done.delete(`${step.id}/${event.tenant}`);
    if (event.type === "effect.intended" && steps.get(event.step)?.fanOut) {
      if (event.direction === "do" && missing(event.step, event.unit))
        broken.push(`${event.step} began with ${event.unit} ahead of what is before it`);
      if (event.direction === "undo" && !back)
        for (const behind of steps.keys())
          if (done.has(`${behind}/${event.unit}`) && ancestorsOf(simulation, behind).has(event.step))
            broken.push(`${event.step} was undone for ${event.unit} before ${behind}`);
    }
    const step = event.type === "step.started" ? steps.get(event.step) : undefined;
    if (step !== undefined && needsAllTenants(step) && missing(step.id, null))
      broken.push(`${step.id} started before every tenant had caught up`);
  }
  return broken;
}

/** All steps a step waits for, directly or not. */
function ancestorsOf(simulation: Simulation, step: string): ReadonlySet<string> {
  const found = new Set<string>();
  const left = [...(simulation.index.steps.get(step)?.after ?? [])];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    left.push(...(simulation.index.steps.get(id)?.after ?? []));
  }
  return found;
}

/** Whatever waited for a step and had begun is undone before that step is touched again. */
function undoneInReverse(simulation: Simulation): readonly string[] {
  const begun = new Set(eventsOf(simulation, "step.started").map(({ event }) => event.step));
  const undone = new Map<string, number>();
  for (const { position, event } of eventsOf(simulation, "step.ended"))
    if (event.outcome === "undone") undone.set(event.step, position);
  const turned = eventsOf(simulation, "run.rolling-back")[0]?.position ?? Number.POSITIVE_INFINITY;
  const touches = [
    ...eventsOf(simulation, "effect.intended").filter(
      ({ event, position }) => event.direction === "undo" && position > turned,
    ),
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
    .filter(({ key }) => key !== BY_HAND)
    .filter(({ key, position }) => (intended.get(key) ?? Number.POSITIVE_INFINITY) >= position)
    .map(({ key }) => `${key} reached the world before its intent`);
}

/** While it is parked a tenant is left out of what starts, and nothing that needs every tenant starts. */
function parkedLeftAlone(simulation: Simulation): readonly string[] {
  const broken: string[] = [];
  const parked = new Map<string, number>();
  const started = new Map<string, number>();
  simulation.events.forEach(({ event }, position) => {
    for (const back of simulation.returns) if (back.position === position) parked.delete(back.tenant);
    if (event.type === "unit.parked" && !parked.has(event.unit)) parked.set(event.unit, position);
    if (event.type === "step.started") {
      started.set(event.step, position);
      const step = simulation.index.steps.get(event.step);
      if (step !== undefined && parked.size > 0 && needsAllTenants(step))
        broken.push(`${event.step} started while a tenant is parked`);
    }
    if (event.type !== "effect.intended") return;
    if ((parked.get(event.unit) ?? Number.POSITIVE_INFINITY) < (started.get(event.step) ?? 0))
      broken.push(`${event.step} touched ${event.unit}, which is parked`);
  });
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
