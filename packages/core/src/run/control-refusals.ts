import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import type { Problem } from "../problem.ts";
import { stepState } from "./accessors.ts";
import { parkedToReturn } from "./parked-to-return.ts";
import { namesInWords } from "./words.ts";

/** The refusal of whatever only a run that has not ended can be asked for; null while it goes on. */
export function endedRefusal(state: RunState): Problem | null {
  if (state.status !== "ended") return null;
  const next = state.ended?.next.map((command) => `\`${command}\``) ?? [];
  return {
    code: "BATON-RUN-ENDED",
    message: `Run ${state.run} has ended ${state.ended?.outcome ?? ""}: ${state.ended?.reason ?? "it is over"}`,
    remedy: next.length === 0 ? "Open a new run with `baton run`." : `What leads on: ${next.join(", ")}.`,
    details: { run: state.run, outcome: state.ended?.outcome ?? null },
  };
}

/** Why a run cannot be paused now; null when it can. */
export function pauseRefusal(state: RunState): Problem | null {
  const over = endedRefusal(state) ?? stoppingRefusal(state);
  if (over !== null || state.paused === null) return over;
  return {
    code: "BATON-RUN-PAUSED",
    message: `Run ${state.run} is already paused by ${state.paused.by.name}: ${state.paused.reason}`,
    remedy: "Let it go on with `baton resume`.",
    details: { run: state.run },
  };
}

/** Why a run cannot be resumed now; null when it can. */
export function resumeRefusal(state: RunState): Problem | null {
  if (state.paused !== null) return null;
  return (
    endedRefusal(state) ?? {
      code: "BATON-RUN-NOT-PAUSED",
      message: `Run ${state.run} is not paused.`,
      remedy: "See what it waits for with `baton explain`.",
      details: { run: state.run },
    }
  );
}

/** Why a run cannot be stopped now; null when it can. An emergency stop may overtake an abort. */
export function stopRefusal(state: RunState, emergency: boolean): Problem | null {
  const ended = endedRefusal(state);
  if (ended !== null || (emergency && state.stop?.emergency !== true)) return ended;
  return stoppingRefusal(state);
}

/** Why nothing can be tried again now; null when it can. `step` and `tenant` narrow it down, null means all. */
export function retryRefusal(
  index: PlanIndex,
  state: RunState,
  asked: { readonly step: string | null; readonly tenant: string | null },
): Problem | null {
  const { step, tenant } = asked;
  const unknown = unknownNames(index, state, step, tenant);
  if (unknown !== null) return unknown;
  const stopping = state.status === "ended" ? null : stoppingRefusal(state);
  if (stopping !== null) return stopping;
  if (state.rollback !== null) return goesBackRefusal(state);
  const others = state.failed.filter((id) => step !== null && id !== step).toArray();
  if (state.status === "ended" && others.length > 0) return othersFailedRefusal(state, others);
  return hasWork(index, state, asked) ? null : nothingToRetry(state);
}

function hasWork(
  index: PlanIndex,
  state: RunState,
  asked: { readonly step: string | null; readonly tenant: string | null },
): boolean {
  const { step, tenant } = asked;
  if (parkedToReturn(index, state, asked).length > 0) return true;
  // A run that was stopped goes on where it was.
  if (state.ended?.outcome === "stopped") return true;
  const named = (id: string) => step === null || step === id;
  if (tenant === null && state.failed.some(named)) return true;
  return [...state.active, ...state.failed].filter(named).some((id) => {
    const { failing, spent } = stepState(state, id);
    return tenant === null ? failing.size + spent.size > 0 : failing.has(tenant) || spent.has(tenant);
  });
}

/** The refusal of a name the plan does not have; null when it has both. */
export function unknownNames(
  index: PlanIndex,
  state: RunState,
  step: string | null,
  tenant: string | null,
): Problem | null {
  const details = { run: state.run, step, tenant };
  if (step !== null && !index.steps.has(step))
    return {
      code: "BATON-RUN-NO-STEP",
      message: `${step} is no step of this run's plan.`,
      remedy: `Its steps are listed by \`baton plan ${index.plan.release}\`, as PHASE.STEP.`,
      details,
    };
  if (tenant !== null && index.plan.tenants.every(({ id }) => id !== tenant))
    return {
      code: "BATON-RUN-NO-TENANT",
      message: `${tenant} is no tenant of this run's plan.`,
      remedy: `Its tenants: ${namesInWords(
        index.plan.tenants.map(({ id }) => id),
        20,
      )}.`,
      details,
    };
  return null;
}

/** The refusal of what a run that is being stopped can no longer be asked for; null where it is not being stopped. */
export function stoppingRefusal(state: RunState): Problem | null {
  if (state.stop === null || state.status === "ended") return null;
  return {
    code: "BATON-RUN-STOPPING",
    message: `Run ${state.run} is being stopped by ${state.stop.by.name}: ${state.stop.reason}`,
    remedy: "Wait until it has stopped, with `baton watch`; then `baton retry` or `baton rollback` leads on.",
    details: { run: state.run },
  };
}

/** The refusal of going forward in a run that goes back. */
export const goesBackRefusal = (state: RunState): Problem => ({
  code: "BATON-RUN-GOES-BACK",
  message: `Run ${state.run} goes back, or has gone back: nothing is tried again forward.`,
  remedy: "Take a rollback that is stuck up again with `baton rollback`; go forward with a new run.",
  details: { run: state.run },
});

/** The refusal of leading on at one step while others failed too. */
export const othersFailedRefusal = (state: RunState, others: readonly string[]): Problem => ({
  code: "BATON-RUN-RETRY-ALL",
  message: `${namesInWords(others)} failed too: with one step alone run ${state.run} would end again at once.`,
  remedy: "Retry all that failed with `baton retry`.",
  details: { run: state.run, failed: [...others] },
});

const nothingToRetry = (state: RunState): Problem => ({
  code: "BATON-RUN-NOTHING-TO-RETRY",
  message: `Nothing of this kind in run ${state.run} has failed, and no such tenant is parked.`,
  remedy: "See what it waits for with `baton explain`.",
  details: { run: state.run },
});
