import type { PlanStep } from "../model/plan.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { isBegun, stepState } from "./accessors.ts";
import { mannerOf } from "./manner.ts";

/**
 * Seconds left along the longest path of the steps that `counts` lets through, from the plan's estimates corrected by what the
 * steps that ended really took. An estimate, not a promise.
 */
export function secondsLeft(
  index: PlanIndex,
  state: RunState,
  now: number,
  counts: (step: PlanStep) => boolean,
): number {
  const pace = paceOf(index, state);
  const ends = new Map<string, number>();
  let longest = 0;
  for (const id of index.order) {
    const step = index.steps.get(id);
    if (step === undefined) continue;
    const begins = Math.max(0, ...step.after.map((before) => ends.get(before) ?? 0));
    const end = begins + (counts(step) ? stepSecondsLeft(step, state, now, pace) : 0);
    ends.set(id, end);
    longest = Math.max(longest, end);
  }
  return longest;
}

/** Seconds a rollback begun now would take: undo estimates for what was touched, along the longest path back. */
export function rollbackSeconds(index: PlanIndex, state: RunState): number {
  const ends = new Map<string, number>();
  let longest = 0;
  for (const id of [...index.order].reverse()) {
    const step = index.steps.get(id);
    const present = stepState(state, id);
    if (step === undefined || !isBegun(present)) continue;
    const share = step.undo === "inert" ? 0 : (present.touched - present.undone) / step.units.length;
    const begins = Math.max(0, ...(index.dependants.get(id) ?? []).map((behind) => ends.get(behind) ?? 0));
    const end = begins + step.undoSeconds * share;
    ends.set(id, end);
    longest = Math.max(longest, end);
  }
  return longest;
}

function stepSecondsLeft(step: PlanStep, state: RunState, now: number, pace: number): number {
  const present = stepState(state, step.id);
  if (present.endedAt !== null) return 0;
  const whole = mannerOf(step) === "performed" ? step.seconds * pace : step.seconds;
  if (present.startedAt === null) return whole;
  if (step.fanOut) return whole * (1 - (present.done + present.parked) / step.units.length);
  return Math.max(0, whole - (now - present.startedAt) / 1000);
}

/** How the steps that ended compare with their estimates; 1 while too little is known. Kept within a factor of ten. */
function paceOf(index: PlanIndex, state: RunState): number {
  let estimated = 0;
  let taken = 0;
  for (const [id, present] of state.steps) {
    const step = index.steps.get(id);
    if (step === undefined || present.startedAt === null || present.endedAt === null) continue;
    if (mannerOf(step) !== "performed") continue;
    estimated += step.seconds;
    taken += (present.endedAt - present.startedAt) / 1000;
  }
  return estimated < 1 ? 1 : Math.min(10, Math.max(0.1, taken / estimated));
}
