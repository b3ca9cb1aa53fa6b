import { SOLE_UNIT } from "../model/plan.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { stepState, unitState } from "./accessors.ts";
import { dueAt } from "./backoff.ts";
import { approverOf } from "./decide/waiting.ts";
import { mannerOf, timerSeconds } from "./manner.ts";
import { counted, durationInWords, namesInWords } from "./words.ts";

/** Why a run stands where it stands. */
export interface Explanation {
  /** A sentence without its full stop, never empty: what the run waits for, or how it ended. */
  readonly waitingFor: string;
  /** The person or role that can end the wait; null when time or Baton itself does. */
  readonly who: string | null;
  /** Since when (ms since 1970); null when it was never begun. */
  readonly since: number | null;
  /** Commands that lead on. */
  readonly next: readonly string[];
}

/** Answers "why is it waiting?" for every state a run can be in. `now` is the journal's time. */
export function explain(index: PlanIndex, state: RunState, now: number): Explanation {
  switch (state.status) {
    case "opened":
      return explainOpened(index, state);
    case "running":
      return state.waiting === null ? explainWork(index, state, now) : explainWait(index, state, now);
    case "rolling-back":
      return explainWork(index, state, now);
    case "ended":
      return explainEnd(state);
  }
}

function explainOpened(index: PlanIndex, state: RunState): Explanation {
  if (state.approvedBy !== null || state.rollback !== null)
    return { waitingFor: "the conductor to begin", who: null, since: state.at, next: ["baton status"] };
  const author = index.plan.author;
  const not = author === null ? "" : ` (not ${author}, who wrote it)`;
  return {
    waitingFor: `approval of plan ${index.plan.hash.slice(0, 8)} by an approver${not}`,
    who: "approver",
    since: state.openedAt,
    next: [`baton run ${index.plan.release}`],
  };
}

function explainEnd(state: RunState): Explanation {
  const { ended } = state;
  if (ended === null) return { waitingFor: "nothing", who: null, since: state.at, next: [] };
  return {
    waitingFor:
      ended.outcome === "needs-operator"
        ? `an operator: ${withoutStop(ended.reason)}`
        : `nothing, the run ended ${ended.outcome}: ${withoutStop(ended.reason)}${whyTakenBack(state)}`,
    who: ended.outcome === "needs-operator" ? "operator" : null,
    since: ended.at,
    next: ended.next,
  };
}

/** What the run was taken back for; its end says only that it was. */
const whyTakenBack = ({ ended, rollback }: RunState): string =>
  ended?.outcome === "rolled-back" && rollback !== null
    ? `. It was taken back because: ${withoutStop(rollback.reason)}`
    : "";

function explainWait(index: PlanIndex, state: RunState, now: number): Explanation {
  const { waiting } = state;
  const step = waiting === null ? undefined : index.steps.get(waiting.step);
  if (waiting === null || step === undefined) return explainWork(index, state, now);
  const next = ["baton status", "baton rollback"];
  const manner = mannerOf(step);
  if (manner === "approval" && stepState(state, step.id).status === "running") {
    const role = approverOf(step);
    return {
      waitingFor: `approval of ${step.id} by role ${role}`,
      who: role,
      since: waiting.since,
      next: ["baton approve", ...next],
    };
  }
  if (manner === "timer" && stepState(state, step.id).status === "running")
    return { waitingFor: bakeInWords(index, state, step.id, now), who: null, since: waiting.since, next };
  const tenants = namesInWords(state.parked.keySeq().sort().toArray());
  return {
    waitingFor: `${step.id}, which needs every tenant, while ${tenants} cannot follow (parked)`,
    who: "operator",
    since: waiting.since,
    next,
  };
}

function bakeInWords(index: PlanIndex, state: RunState, id: string, now: number): string {
  const step = index.steps.get(id);
  const seconds = step === undefined ? null : timerSeconds(step);
  const startedAt = stepState(state, id).startedAt ?? now;
  const left = seconds === null ? 0 : startedAt / 1000 + seconds - now / 1000;
  return `${id} to bake, ${durationInWords(left)} more`;
}

/** A run at work waits for its effects: says which, how many failed, and when the next try comes. */
function explainWork(index: PlanIndex, state: RunState, now: number): Explanation {
  const parts: string[] = [];
  let since: number | null = null;
  for (const id of state.active) {
    parts.push(stepInWords(index, state, id, now));
    const queuedAt = stepState(state, id).queuedAt;
    if (queuedAt !== null) since = Math.min(since ?? queuedAt, queuedAt);
  }
  const what = namesInWords(parts, 4);
  const why = state.status === "rolling-back" ? `the rollback (${state.rollback?.reason ?? ""}): ` : "";
  return {
    waitingFor: parts.length === 0 ? `${why}the conductor to take the next step` : `${why}${what}`,
    who: null,
    since: since ?? state.at,
    next: state.status === "rolling-back" ? ["baton watch"] : ["baton watch", "baton rollback"],
  };
}

function stepInWords(index: PlanIndex, state: RunState, id: string, now: number): string {
  const step = index.steps.get(id);
  const present = stepState(state, id);
  if (step !== undefined && state.status === "running" && present.status === "running") {
    if (mannerOf(step) === "timer") return bakeInWords(index, state, id, now);
    if (mannerOf(step) === "approval") return `approval of ${id} by role ${approverOf(step)}`;
  }
  const total = step?.units.length ?? 0;
  const figures =
    step?.fanOut !== true
      ? ""
      : state.status === "rolling-back"
        ? ` (${present.undone} of ${present.touched} undone)`
        : ` (${present.done} of ${total} tenants)`;
  return `${id}${figures}${failingInWords(index, state, id, now)}`;
}

function failingInWords(index: PlanIndex, state: RunState, id: string, now: number): string {
  const present = stepState(state, id);
  const unit = present.failing.first();
  if (unit === undefined) return "";
  const it = unitState(present, unit);
  const due = (dueAt(index.plan.limits, it) - now) / 1000;
  const when = due > 0 ? `tries again in ${durationInWords(due)}` : "tries again";
  const whose = unit === SOLE_UNIT ? "" : ` for ${unit}`;
  const more = present.failing.size > 1 ? `, ${counted(present.failing.size - 1, "other")} failed too` : "";
  return `, ${when}${whose} after ${it.problem?.code ?? "a failure"}${more}`;
}

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, "");
