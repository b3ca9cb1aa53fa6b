import { type PlanStep, SOLE_UNIT } from "../model/plan.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import type { Problem } from "../problem.ts";
import { stepState, unitState } from "./accessors.ts";
import { goesBackRefusal, othersFailedRefusal, stoppingRefusal, unknownNames } from "./control-refusals.ts";
import { changesNothing, mannerOf } from "./manner.ts";
import { isTakenBack } from "./tenant-refusals.ts";

/** One tenant's share of a step, or with null the whole step. */
interface Share {
  readonly step: string;
  readonly tenant: string | null;
}

/** Whether a person may let the run go on without this step. An approval is given, not skipped. */
const isSkippable = (step: PlanStep): boolean => changesNothing(step) && mannerOf(step) !== "approval";

/** Why a step cannot be skipped now; null when it can. */
export function skipRefusal(index: PlanIndex, state: RunState, share: Share): Problem | null {
  const step = index.steps.get(share.step);
  const refusal = notNow(index, state, share);
  if (refusal !== null || step === undefined) return refusal;
  if (mannerOf(step) === "approval")
    return refuse(
      state,
      share,
      "BATON-RUN-NO-SKIP",
      `${step.id} waits for a person's approval`,
      "Give it with `baton approve`, or take the run back with `baton rollback`.",
    );
  if (isSkippable(step)) return null;
  return refuse(
    state,
    share,
    "BATON-RUN-NO-SKIP",
    `${step.id} (${step.kind}) has an effect that what follows relies on`,
    `Bring it about by hand, then say so: \`baton done ${step.id}${share.tenant === null ? "" : ` --tenant ${share.tenant}`} --evidence TEXT\`; or mend the cause and \`baton retry\`.`,
  );
}

/** Why an effect cannot be declared done by hand now; null when it can, if the action then observes it. */
export function doneRefusal(index: PlanIndex, state: RunState, share: Share): Problem | null {
  const step = index.steps.get(share.step);
  const refusal = notNow(index, state, share);
  if (refusal !== null || step === undefined) return refusal;
  const no = (message: string, remedy: string) => refuse(state, share, "BATON-RUN-NO-DONE", message, remedy);
  if (mannerOf(step) !== "performed")
    return no(
      `${step.id} (${step.kind}) has no effect that a person could bring about`,
      "Skip it with `baton skip`, or approve it with `baton approve`.",
    );
  if (step.fanOut && share.tenant === null)
    return no(`${step.id} is done tenant by tenant`, "Say for which: `--tenant ID`.");
  const unit = unitState(stepState(state, step.id), share.tenant ?? SOLE_UNIT);
  if (unit.status === "intended" && state.status !== "ended")
    return no(`${step.id} is under way`, "Wait for its outcome with `baton watch`.");
  if (!unit.touched && step.undo !== "inert" && step.undo !== "none")
    return no(
      `${step.id} was never begun there, so what was there before is not known and could not be brought back`,
      "Let Baton begin it: `baton retry`.",
    );
  return null;
}

/** What speaks against settling anything of this share, whatever it is. */
function notNow(index: PlanIndex, state: RunState, share: Share): Problem | null {
  const unknown = unknownNames(index, state, share.step, share.tenant);
  if (unknown !== null) return unknown;
  const early = stoppingRefusal(state) ?? (state.rollback === null ? null : goesBackRefusal(state));
  if (early !== null) return early;
  const step = index.steps.get(share.step);
  const present = stepState(state, share.step);
  const no = (message: string, remedy: string) => refuse(state, share, "BATON-RUN-NOT-OPEN", message, remedy);
  if (share.tenant !== null && (step?.fanOut !== true || !step.units.includes(share.tenant)))
    return no(`${share.step} has no share for ${share.tenant}`, "Leave out `--tenant`.");
  if (share.tenant !== null && goesBackAlone(state, share.tenant))
    return no(
      `${share.tenant} was taken back`,
      `Bring it forward again with \`baton retry --tenant ${share.tenant}\`.`,
    );
  if (present.status === "pending")
    return no(`The run has not come to ${share.step}`, "Wait until it has; see `baton explain`.");
  const parked = share.tenant !== null && unitState(present, share.tenant).status === "parked";
  const done = share.tenant !== null && unitState(present, share.tenant).status === "done";
  if (done || present.skipped || (present.status !== "running" && present.status !== "failed" && !parked))
    return no(
      `${share.step} is ${done ? "done" : present.status} already`,
      "Nothing is left to do there; see `baton explain`.",
    );
  const others = state.failed.filter((id) => id !== share.step).toArray();
  const turns = state.status === "ended" && index.plan.onFailure === "rollback" && others.length > 0;
  return turns ? othersFailedRefusal(state, others) : null;
}

/** Whether a tenant is back, on its way back, or about to turn. */
const goesBackAlone = (state: RunState, tenant: string): boolean =>
  isTakenBack(state, tenant) ||
  state.goingBack.has(tenant) ||
  state.asked.some((one) => one.kind === "tenant-back" && one.tenant === tenant);

const refuse = (
  state: RunState,
  { step, tenant }: Share,
  code: Problem["code"],
  message: string,
  remedy: string,
): Problem => ({
  code,
  message: `${message}${tenant === null ? "" : ` (${tenant})`}.`,
  remedy,
  details: { run: state.run, step, tenant },
});
