import { mannerOf, type PlanIndex } from "@baton/core";
import type { PlannedFault } from "./leg.ts";
import type { Moment } from "./moment.ts";

/** One time forward and back: which faults come when, and how far it goes. */
export interface CyclePlan {
  readonly number: number;
  readonly forward: readonly PlannedFault[];
  /** Where the rollback is asked for; null: at the hold. */
  readonly turn: Moment | null;
  /** Faults on the way from the hold to the release's end; null: it does not go through the hold. */
  readonly through: readonly PlannedFault[] | null;
  readonly back: readonly PlannedFault[];
}

/** A step that faults can strike. */
export interface StrikableStep {
  readonly id: string;
  /** Tenants of a fan-out; of any other step all tenants, one of which a tenant's fault hits. */
  readonly tenants: readonly string[];
  /** How many effects it has. */
  readonly effects: number;
  /** Whether its effects are taken back. */
  readonly undone: boolean;
  /** Whether it stands behind the hold. */
  readonly behindHold: boolean;
}

/** Steps that perform something, in the plan's order. */
export function strikableSteps(index: PlanIndex): readonly StrikableStep[] {
  const all = index.plan.tenants.map((tenant) => tenant.id);
  return index.order.flatMap((id) => {
    const step = index.steps.get(id);
    if (step === undefined || index.holdSteps.has(id)) return [];
    if (mannerOf(step) !== "performed") return [];
    const tenants = step.fanOut ? step.units : all;
    const undone = step.undo === "instant" || step.undo === "lossless";
    return [{ id, tenants, effects: step.units.length, undone, behindHold: index.behindHold.has(id) }];
  });
}

/** What a schedule is drawn from. The same values give the same schedule, on any machine. */
export interface ScheduleOptions {
  readonly seed: number;
  readonly steps: readonly StrikableStep[];
  /** Names of the faults to draw from. */
  readonly faults: readonly string[];
  /** How long a fault that lasts does so at most, milliseconds. */
  readonly longestMs: number;
}

/** The n-th cycle of a soak, from 1. Each is drawn for itself, so that a cycle is the same whatever came before it. */
export function cyclePlan(options: ScheduleOptions, number: number): CyclePlan {
  const { steps } = options;
  const draw = randomOf(`${options.seed}/${number}`);
  const ahead = steps.filter((step) => !step.behindHold);
  const behind = steps.filter((step) => step.behindHold);
  const turnsAt = draw() < 0.25 ? Math.floor(draw() * ahead.length) : null;
  const turning = turnsAt === null ? undefined : ahead[turnsAt];
  const goesThrough =
    draw() < 0.5 && turning === undefined && behind.length > 0 && behind.every(({ undone }) => undone);
  const reach = turnsAt === null ? ahead : ahead.slice(0, turnsAt);
  const undone = [...reach, ...(goesThrough ? behind : [])].filter((step) => step.undone).toReversed();
  return {
    number,
    forward: faultsOn(options, draw, reach, "do", 1 + Math.floor(draw() * 3)),
    turn: turning ? { step: turning.id, event: "effect.intended", direction: "do", nth: 1 } : null,
    through: goesThrough ? faultsOn(options, draw, behind, "do", Math.floor(draw() * 3)) : null,
    back: faultsOn(options, draw, undone, "undo", Math.floor(draw() * 3)),
  };
}

/** So many faults on the steps given, in the order in which the run comes by them. */
function faultsOn(
  { faults, longestMs }: ScheduleOptions,
  draw: () => number,
  steps: readonly StrikableStep[],
  direction: "do" | "undo",
  count: number,
): readonly PlannedFault[] {
  const drawn: { at: number; planned: PlannedFault }[] = [];
  for (let n = 0; n < count; n++) {
    const at = Math.floor(draw() * steps.length);
    const step = steps[at];
    const [fault, tenant] = [pick(draw, faults), pick(draw, step?.tenants ?? [])];
    const event = draw() < 0.5 ? "effect.intended" : "effect.done";
    const nth = 1 + Math.floor(draw() * (step?.effects ?? 1));
    // Most last for seconds, which a run's tries outlive; one in four lasts longer than that.
    const lastsMs = Math.round(draw() < 0.75 ? Math.min(longestMs, 1_000 + draw() * 5_000) : longestMs);
    if (step === undefined || fault === undefined || tenant === undefined) continue;
    drawn.push({ at, planned: { fault, moment: { step: step.id, event, direction, nth }, tenant, lastsMs } });
  }
  return drawn.sort((a, b) => a.at - b.at).map(({ planned }) => planned);
}

const pick = <T>(draw: () => number, from: readonly T[]): T | undefined =>
  from[Math.floor(draw() * from.length)];

/** Numbers from 0 up to 1 that follow from the text alone (FNV-1a, then mulberry32). */
function randomOf(text: string): () => number {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
