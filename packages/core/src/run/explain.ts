import { SOLE_UNIT } from "../model/plan.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { renderRatio } from "../words/number.ts";
import { stepState, unitState } from "./accessors.ts";
import { dueAt } from "./backoff.ts";
import { effectsUnderWay } from "./decide/stop.ts";
import { approverOf, beyondScopeInWords } from "./decide/waiting.ts";
import { mannerOf, timerSeconds } from "./manner.ts";
import { retriesOfParked } from "./parked.ts";
import { driveCommand, isBeyondScope, isHeldBack } from "./scope.ts";
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

/** What people skipped or brought about themselves, a sentence without its full stop each. */
export const byHandInWords = (state: RunState): readonly string[] =>
  state.byHand.map(({ how, step, tenant, by, reason }) => {
    const what = `${step}${tenant === null ? "" : ` for ${tenant}`}`;
    return how === "skipped"
      ? `${what} was skipped by ${by.name}: ${withoutStop(reason)}`
      : `${what} was brought about by ${by.name}, not by Baton: ${withoutStop(reason)}`;
  });

/** Answers "why is it waiting?" for every state a run can be in. `now` is the journal's time. */
export function explain(index: PlanIndex, state: RunState, now: number): Explanation {
  if (state.stop !== null && state.status !== "ended") return explainStopping(state);
  if (state.paused !== null) return explainPaused(index, state, now);
  switch (state.status) {
    case "opened":
      return explainOpened(index, state);
    case "running":
      if (state.asked.length > 0 && state.rollback === null) return explainAsked(index, state);
      return state.waiting === null ? explainWork(index, state, now) : explainWait(index, state, now);
    case "rolling-back":
      return explainWork(index, state, now);
    case "ended":
      return explainEnd(state);
  }
}

function explainStopping(state: RunState): Explanation {
  const atWork = [...effectsUnderWay(state)].map(({ step, unit }) =>
    unit === SOLE_UNIT ? step : `${step} for ${unit}`,
  );
  const what =
    atWork.length === 0 ? "the conductor to record the end" : `what is under way: ${namesInWords(atWork)}`;
  const by = state.stop === null ? "" : `${state.stop.by.name} (${state.stop.reason})`;
  const how = state.stop?.emergency ? "the emergency stop" : "the abort";
  return {
    waitingFor: `${how} by ${by}: ${what}`,
    who: null,
    since: state.stop?.at ?? state.at,
    next: ["baton watch"],
  };
}

function explainPaused(index: PlanIndex, state: RunState, now: number): Explanation {
  const { paused } = state;
  const inside = explain(index, { ...state, paused: null }, now);
  const atWork = [...effectsUnderWay(state)].length;
  const still =
    atWork === 0
      ? ""
      : `; ${counted(atWork, "effect")} under way ${atWork === 1 ? "comes to its" : "come to their"} outcome`;
  const by = paused === null ? "" : `paused by ${paused.by.name}: ${withoutStop(paused.reason)}`;
  return {
    waitingFor: `somebody to resume it (${by})${still}; then for ${inside.waitingFor}`,
    who: "operator",
    since: paused?.at ?? state.at,
    next: ["baton resume", ...inside.next.filter((command) => command !== "baton watch")],
  };
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

/** What a person asked for takes effect with whoever drives the run; until somebody does, nothing else explains why it stands. */
function explainAsked(index: PlanIndex, state: RunState): Explanation {
  return {
    waitingFor: `the conductor to take up what was asked: ${namesInWords(state.asked.map(askedInWords))}`,
    who: null,
    since: state.at,
    next: [driveCommand(index.plan.release, state.scope), "baton watch", "baton rollback"],
  };
}

function askedInWords(asked: RunState["asked"][number]): string {
  if (asked.kind === "tenant-back") return `${asked.tenant} is to go back`;
  const whose = asked.tenant === null ? "" : ` for ${asked.tenant}`;
  if (asked.kind === "settle") return `${asked.step}${whose} is to count as ${asked.how}`;
  if (asked.step === null) return `another try${whose === "" ? " of all that failed" : whose}`;
  return `another try of ${asked.step}${whose}`;
}

function explainEnd(state: RunState): Explanation {
  const { ended } = state;
  if (ended === null) return { waitingFor: "nothing", who: null, since: state.at, next: [] };
  const reason = withoutStop(ended.reason);
  const { outcome, at: since, next } = ended;
  if (outcome === "needs-operator")
    return { waitingFor: `an operator: ${reason}`, who: "operator", since, next };
  if (outcome === "stopped")
    return { waitingFor: `somebody to take it up again or back: ${reason}`, who: "operator", since, next };
  const rest = state.rollback === null ? parkedInWords(state) : whyTakenBack(state);
  const waitingFor = `nothing, the run ended ${outcome}: ${reason}${rest}`;
  return { waitingFor, who: null, since, next };
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
  const next = [...retriesOfParked(state), "baton status", "baton rollback"];
  const parked = parkedInWords(state);
  if (isBeyondScope(index, state, step.id) && stepState(state, step.id).status === "pending")
    return {
      waitingFor: `somebody to let it go on: it ${beyondScopeInWords(state)}, as ${state.scope?.by.name ?? ""} said${parked}`,
      who: "operator",
      since: waiting.since,
      next: [`baton run ${index.plan.release}`, ...next],
    };
  const manner = mannerOf(step);
  if (manner === "approval" && stepState(state, step.id).status === "running") {
    const role = approverOf(step);
    return {
      waitingFor: `approval of ${step.id} by role ${role}${parked}`,
      who: role,
      since: waiting.since,
      next: ["baton approve", ...next],
    };
  }
  if (manner === "timer" && stepState(state, step.id).status === "running")
    return {
      waitingFor: `${bakeInWords(index, state, step.id, now)}${parked}`,
      who: null,
      since: waiting.since,
      next,
    };
  return {
    waitingFor: `${step.id}, which needs every tenant${parked}`,
    who: "operator",
    since: waiting.since,
    next,
  };
}

/** Which tenants are parked, as a sentence to follow another; why each is, `parkedTenants` tells. Not those that the scope holds back. */
function parkedInWords(state: RunState): string {
  const names = [...state.parked.keys()].filter((id) => !isHeldBack(state, id)).sort();
  return names.length === 0 ? "" : `. Parked: ${namesInWords(names)}`;
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
    waitingFor: `${why}${parts.length === 0 ? "the conductor to take the next step" : what}${state.rollback === null ? parkedInWords(state) : ""}`,
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
        ? ` (${renderRatio(present.undone, present.touched)} undone)`
        : ` (${renderRatio(present.done, total)} tenants)`;
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
  // A tenant that was parked and comes back has its share still to do; here it has not failed.
  if (it.failures === 0) return state.returning.has(unit) ? `, ${unit} catches up` : `, tries again${whose}`;
  const more = present.failing.size > 1 ? `, ${counted(present.failing.size - 1, "other")} failed too` : "";
  return `, ${when}${whose} after ${it.problem?.code ?? "a failure"}${more}`;
}

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, "");
