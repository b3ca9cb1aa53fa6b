import type { Release, ReleasePhase, ReleaseStep } from "../model/release.ts";

/** A step of the release in one place of the plan: once, or once a ring. */
export interface ExpandedStep {
  /** `phase.step`, with the ring's name as the phase where the phase repeats. */
  readonly id: string;
  readonly step: ReleaseStep;
  /** Path of the step in the release's file. */
  readonly path: string;
  /** What it waits for: ids of expanded steps. */
  readonly after: readonly string[];
}

/** A phase of the plan: a phase of the release, or its repetition for one ring. */
export interface ExpandedPhase {
  readonly id: string;
  readonly phase: ReleasePhase;
  readonly path: string;
  readonly ring: string | null;
  readonly steps: readonly ExpandedStep[];
}

interface Repetition {
  readonly id: string;
  readonly phase: ReleasePhase;
  readonly index: number;
  readonly ring: string | null;
  /** The repetitions whose ends this one waits for. */
  before: readonly Repetition[];
}

/**
 * Repeats phases ring by ring and works out what each step waits for. With `rings` null a repeated phase stands once under its own
 * id, which is how a release is looked at before the platform is known. Names in `after` that are nowhere are passed over.
 *
 * A step waits for those in its `after`, else for the step before it; where that names no step of its own phase, it waits as
 * well for the ends of the phases before, so that nothing can slip out of its phase.
 */
export function expandRelease(release: Release, rings: readonly string[] | null): readonly ExpandedPhase[] {
  const repetitions = repeat(release, rings);
  const bySource = new Map<string, Repetition[]>();
  for (const one of repetitions) {
    bySource.set(one.phase.id, [...(bySource.get(one.phase.id) ?? []), one]);
  }
  return repetitions.map((one) => {
    const path = `phases[${one.index}]`;
    const steps = one.phase.steps.map((step, index): ExpandedStep => {
      const own = ownDependencies(one, index);
      const foreign = foreignDependencies(one, step, bySource);
      const entry = own.length > 0 ? [] : one.before.flatMap(ends);
      return {
        id: `${one.id}.${step.id}`,
        step,
        path: `${path}.steps[${index}]`,
        after: [...new Set([...entry, ...own, ...foreign])],
      };
    });
    return { id: one.id, phase: one.phase, path, ring: one.ring, steps };
  });
}

function repeat(release: Release, rings: readonly string[] | null): readonly Repetition[] {
  const all: Repetition[] = [];
  const lastOf = new Map<string, Repetition>();
  for (const [index, phase] of release.phases.entries()) {
    const repeated = phase.each === "rings" && rings !== null;
    for (const ring of repeated ? rings : [null]) {
      const previous = all.at(-1);
      const before = previous === undefined ? [] : [previous];
      all.push({ id: ring ?? phase.id, phase, index, ring, before });
    }
    const last = all.at(-1);
    if (last !== undefined && !lastOf.has(phase.id)) lastOf.set(phase.id, last);
  }
  // An explicit `after` holds for the first repetition; the others wait for the ring before, whatever the phase waits for.
  for (const [position, one] of all.entries()) {
    if (one.phase.after === undefined || all[position - 1]?.index === one.index) continue;
    one.before = one.phase.after.flatMap((name) => lastOf.get(name) ?? []);
  }
  return all;
}

/** Steps of its own phase that a step waits for. */
function ownDependencies(one: Repetition, index: number): readonly string[] {
  const step = one.phase.steps[index];
  if (step?.after === undefined) {
    const previous = one.phase.steps[index - 1];
    return previous === undefined ? [] : [`${one.id}.${previous.id}`];
  }
  const known = new Set(one.phase.steps.map((other) => other.id));
  return step.after.flatMap((name) => {
    const { phase, step: id } = splitReference(name);
    return (phase === null || phase === one.phase.id) && known.has(id) ? [`${one.id}.${id}`] : [];
  });
}

function foreignDependencies(
  one: Repetition,
  step: ReleaseStep,
  bySource: ReadonlyMap<string, readonly Repetition[]>,
): readonly string[] {
  return (step.after ?? []).flatMap((name) => {
    const { phase, step: id } = splitReference(name);
    if (phase === null || phase === one.phase.id) return [];
    const targets = (bySource.get(phase) ?? []).filter((target) =>
      target.phase.steps.some((s) => s.id === id),
    );
    return targets.map((target) => `${target.id}.${id}`);
  });
}

/** Steps of a phase that no other step of the phase waits for. */
function ends(one: Repetition): readonly string[] {
  const waitedFor = new Set(one.phase.steps.flatMap((_, index) => ownDependencies(one, index)));
  return one.phase.steps.map((step) => `${one.id}.${step.id}`).filter((id) => !waitedFor.has(id));
}

/** Takes `phase.step` or `step` apart. */
export function splitReference(name: string): { readonly phase: string | null; readonly step: string } {
  const dot = name.indexOf(".");
  return dot < 0 ? { phase: null, step: name } : { phase: name.slice(0, dot), step: name.slice(dot + 1) };
}
