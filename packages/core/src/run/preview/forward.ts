import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState } from "../accessors.ts";
import { endedRefusal, resumeRefusal } from "../control-refusals.ts";
import { rollbackSeconds, secondsLeft } from "../progress.ts";
import { approvalRefusal } from "../refusal.ts";
import { scopeRefusal, stepsUpTo } from "../scope.ts";
import { counted, durationInWords, namesInWords } from "../words.ts";
import { nextSteps, nothing, type Preview, toldStep } from "./outlook.ts";

const toTheEnd = (index: PlanIndex, state: RunState, now: number): number =>
  secondsLeft(index, state, now, (step) => step.kind !== "gate.approval");

export function previewApproval(index: PlanIndex, state: RunState, now: number): Preview {
  const over = endedRefusal(state);
  if (over !== null) return nothing(over);
  const { plan } = index;
  const hold = plan.phases.find((phase) => phase.hold);
  const { pointOfNoReturn } = plan.estimates;
  return {
    refusal: null,
    does: [
      `Lets ${state.run} take ${plan.platform} from ${plan.from} to ${plan.release} by the plan ${plan.hash.slice(0, 12)}.`,
      `${counted(plan.steps.length, "step")} for ${counted(plan.tenants.length, "tenant")}, about ${durationInWords(toTheEnd(index, state, now))} without people's time.`,
      hold === undefined
        ? "There is no hold: it goes on to its end."
        : `It waits at ${hold.title} for another approval.`,
      pointOfNoReturn === null
        ? "Every step can be taken back."
        : `From ${pointOfNoReturn} on it cannot be taken back.`,
    ],
    steps: state.approvedBy === null ? nextSteps(index, state) : [],
    seconds: toTheEnd(index, state, now),
  };
}

export function previewGate(index: PlanIndex, state: RunState, now: number, gate: string): Preview {
  const refusal = endedRefusal(state) ?? approvalRefusal(index, state, gate);
  if (refusal !== null) return nothing(refusal);
  const behind = index.order.filter((id) => index.behindHold.has(id));
  const final = behind.find((id) => index.steps.get(id)?.undo === "none");
  return {
    refusal: null,
    does: [
      `Lets ${state.run} past ${gate}. What stands behind it: ${behind.length === 0 ? "nothing" : namesInWords(behind)}.`,
      final === undefined
        ? "Everything behind it can still be taken back, in its own time."
        : `From ${final} on the run cannot be taken back.`,
    ],
    steps: behind.map((id) => {
      const step = index.steps.get(id);
      return toldStep(index, id, {
        what: "begins",
        tenants: step?.units.length ?? 0,
        seconds: step?.seconds ?? null,
      });
    }),
    seconds: toTheEnd(index, state, now),
  };
}

export function previewGoingOn(
  index: PlanIndex,
  state: RunState,
  now: number,
  action: "resume" | "drive",
): Preview {
  const refusal = action === "resume" ? resumeRefusal(state) : endedRefusal(state);
  if (refusal !== null) return nothing(refusal);
  const back = state.status === "rolling-back";
  const seconds = back ? rollbackSeconds(index, state) : toTheEnd(index, state, now);
  return {
    refusal: null,
    does: [
      action === "drive"
        ? "Starts a conductor that drives the run, where nobody does."
        : `Lets the run go on from where it was paused.`,
      `It goes ${back ? "back" : "forward"}, about ${durationInWords(seconds)} more.`,
    ],
    steps: back ? [] : nextSteps(index, state),
    seconds,
  };
}

export function previewScope(
  index: PlanIndex,
  state: RunState,
  asked: { readonly ring: string | null; readonly tenant: string | null },
): Preview {
  const refusal = scopeRefusal(index, state, asked);
  if (refusal !== null) return nothing(refusal);
  const ring = asked.ring ?? index.plan.tenants.find(({ id }) => id === asked.tenant)?.ring ?? null;
  const upTo = ring === null ? null : stepsUpTo(index, ring);
  const left =
    upTo === null
      ? []
      : index.plan.steps.filter(({ id }) => !upTo.has(id) && stepState(state, id).status === "pending");
  return {
    refusal: null,
    does: [
      upTo === null
        ? "The run goes the whole way; whoever was held back catches up."
        : `The run goes as far as ${asked.tenant ?? `ring ${ring}`} and waits there.`,
    ],
    steps: left.map((step) =>
      toldStep(index, step.id, { what: "waits", tenants: step.units.length, seconds: null }),
    ),
    seconds: null,
  };
}
