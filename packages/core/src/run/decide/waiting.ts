import type { RunEvent } from "../../model/event.ts";
import type { PlanStep } from "../../model/plan.ts";
import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState } from "../accessors.ts";
import { mannerOf, timerSeconds } from "../manner.ts";
import { isBeyondScope } from "../scope.ts";
import { durationInWords, namesInWords } from "../words.ts";

/** Said once, when all that is left is a person, parked tenants, or a hold's time; null while anything else is at work. */
export function waitingFact(index: PlanIndex, state: RunState): RunEvent | null {
  if (state.waiting !== null || !state.goingBack.isEmpty()) return null;
  let first: { readonly rank: number; readonly step: string; readonly reason: string } | null = null;
  for (const id of state.active) {
    const step = index.steps.get(id);
    if (step === undefined) continue;
    const waits = waitOf(index, state, step);
    if (waits === null) return null;
    if (first === null || waits.rank < first.rank) first = { ...waits, step: id };
  }
  return first === null ? null : { type: "run.waiting", step: first.step, reason: first.reason };
}

/** What a step waits for, a person before a time before parked tenants; null where it is at work. */
function waitOf(
  index: PlanIndex,
  state: RunState,
  step: PlanStep,
): { readonly rank: number; readonly reason: string } | null {
  if (stepState(state, step.id).status === "pending")
    return isBeyondScope(index, state, step.id)
      ? { rank: 3, reason: beyondScopeInWords(state) }
      : { rank: 2, reason: waitsForParked(state) };
  const manner = mannerOf(step);
  if (manner === "approval") return { rank: 0, reason: waitsForApproval(step) };
  const seconds = timerSeconds(step);
  if (manner !== "timer" || seconds === null || !index.holdSteps.has(step.id)) return null;
  return { rank: 1, reason: `bakes for ${durationInWords(seconds)}` };
}

/** Who may approve a gate, as its input says. */
export const approverOf = (step: PlanStep): string => {
  const role = step.input.role;
  return typeof role === "string" ? role : "approver";
};

const waitsForApproval = (step: PlanStep): string => {
  const role = approverOf(step);
  return `waits for approval by ${/^[aeiou]/i.test(role) ? "an" : "a"} ${role}`;
};

/** How far the run may go for now. */
export const beyondScopeInWords = ({ scope }: RunState): string =>
  `goes no further than ${scope?.tenant ?? `ring ${scope?.ring ?? ""}`} for now`;

const waitsForParked = (state: RunState): string => {
  const names = state.parked.keySeq().sort().toArray();
  return `waits for ${namesInWords(names)}, which ${names.length === 1 ? "is" : "are"} parked`;
};
