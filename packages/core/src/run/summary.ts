import type { Actor } from "../model/event.ts";
import type { RunState, RunStatus, StepStatus } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import type { Problem } from "../problem.ts";
import { stepState } from "./accessors.ts";
import { type Explanation, explain } from "./explain.ts";
import { mannerOf } from "./manner.ts";
import { type ParkedTenant, parkedTenants } from "./parked.ts";
import { rollbackSeconds, secondsLeft } from "./progress.ts";
import { rollbackRefusal } from "./refusal.ts";
import { type PhaseSummary, summarizePhase } from "./summary-phases.ts";
import { countTenants, type TenantCounts, tenantStates } from "./summary-tenants.ts";

/** A step at work, or one that waits. */
export interface CurrentStep {
  readonly step: string;
  readonly phase: string;
  readonly kind: string;
  readonly title: string;
  readonly status: StepStatus;
  readonly startedAt: number | null;
  /** Seconds since it started, or since its undo could begin. */
  readonly seconds: number;
  readonly units: {
    readonly total: number;
    readonly done: number;
    readonly parked: number;
    readonly underWay: number;
    readonly failing: number;
    readonly touched: number;
    readonly undone: number;
  };
}

/** A run at a glance, for people and for `--json`. Times are milliseconds since 1970, durations seconds. */
export interface RunSummary {
  readonly run: string;
  readonly planHash: string;
  readonly release: string;
  readonly from: string;
  readonly environment: string;
  readonly status: RunStatus;
  readonly outcome: string | null;
  readonly explanation: Explanation;
  readonly approvedBy: Actor | null;
  readonly phases: readonly PhaseSummary[];
  readonly rings: readonly (TenantCounts & { readonly ring: string })[];
  readonly tenants: TenantCounts & { readonly problems: readonly ParkedTenant[] };
  readonly steps: { readonly total: number; readonly ended: number; readonly failed: number };
  readonly current: readonly CurrentStep[];
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly elapsedSeconds: number;
  /** Until the first hold begins; null when the run is past it, has ended or goes back, or the plan has none. */
  readonly toHoldSeconds: number | null;
  /** Until every step has ended, bakes included, people's time not; null when it has ended or goes back. */
  readonly toEndSeconds: number | null;
  /** What a rollback begun now would take (while one runs: what is left of it); null where it is refused. */
  readonly rollbackSeconds: number | null;
  readonly rollbackRefusal: Problem | null;
  /** Who paused the run, when and why; null where it is not paused. */
  readonly paused: RunState["paused"];
  /** Who wants the run to stop, or stopped it; null where nobody did. */
  readonly stop: RunState["stop"];
  /** How far the run may go for now; null: the whole way. */
  readonly scope: RunState["scope"];
  /** What people skipped or brought about themselves. */
  readonly byHand: RunState["byHand"];
  /** The last rollback or retry somebody asked for in vain. */
  readonly refused: RunState["refused"];
  readonly anomalies: RunState["anomalies"];
}

/** The view of a run that every surface shows. Costs by plan size: for people, not for the loop. */
export function summarize(index: PlanIndex, state: RunState, now: number): RunSummary {
  const { plan } = index;
  const refusal = rollbackRefusal(index, state);
  const endedAt = state.ended?.at ?? null;
  const tenants = tenantStates(index, state);
  return {
    run: state.run,
    planHash: state.planHash,
    release: plan.release,
    from: plan.from,
    environment: plan.environment,
    status: state.status,
    outcome: state.ended?.outcome ?? null,
    explanation: explain(index, state, now),
    approvedBy: state.approvedBy,
    phases: plan.phases.map((phase) => summarizePhase(index, state, phase, now)),
    rings: plan.rings.map((ring) => ({ ring, ...countTenants(plan, tenants, ring) })),
    tenants: { ...countTenants(plan, tenants, null), problems: parkedTenants(state) },
    steps: { total: index.steps.size, ended: index.steps.size - state.remaining, failed: state.failed.size },
    current: currentSteps(index, state, now),
    startedAt: state.startedAt,
    endedAt,
    elapsedSeconds: state.startedAt === null ? 0 : Math.max(0, (endedAt ?? now) - state.startedAt) / 1000,
    ...timeLeft(index, state, now),
    rollbackSeconds: refusal === null ? rollbackSeconds(index, state) : null,
    rollbackRefusal: refusal,
    paused: state.paused,
    stop: state.stop,
    byHand: state.byHand,
    scope: state.scope,
    refused: state.refused,
    anomalies: state.anomalies,
  };
}

function timeLeft(
  index: PlanIndex,
  state: RunState,
  now: number,
): Pick<RunSummary, "toHoldSeconds" | "toEndSeconds"> {
  if (state.status !== "opened" && state.status !== "running")
    return { toHoldSeconds: null, toEndSeconds: null };
  const ahead = [...index.holdSteps].some((id) => stepState(state, id).status === "pending");
  const begun = [...index.holdSteps].some((id) => stepState(state, id).status !== "pending");
  const before = ahead && !begun;
  return {
    toHoldSeconds: before
      ? secondsLeft(
          index,
          state,
          now,
          (step) => !index.holdSteps.has(step.id) && !index.behindHold.has(step.id),
        )
      : null,
    toEndSeconds: secondsLeft(index, state, now, (step) => mannerOf(step) !== "approval"),
  };
}

function currentSteps(index: PlanIndex, state: RunState, now: number): readonly CurrentStep[] {
  if (state.status === "opened" || state.status === "ended") return [];
  return [...state.active].flatMap((id) => {
    const step = index.steps.get(id);
    if (step === undefined) return [];
    const present = stepState(state, id);
    return {
      step: id,
      phase: step.phase,
      kind: step.kind,
      title: step.title,
      status: present.status,
      startedAt: present.startedAt,
      seconds: present.queuedAt === null ? 0 : Math.max(0, now - present.queuedAt) / 1000,
      units: {
        total: step.units.length,
        done: present.done,
        parked: present.parked,
        underWay: present.underWay.size,
        failing: present.failing.size,
        touched: present.touched,
        undone: present.undone,
      },
    };
  });
}
