import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState } from "../accessors.ts";
import { retryRefusal } from "../control-refusals.ts";
import { doneRefusal, skipRefusal } from "../settle-refusals.ts";
import { namesInWords } from "../words.ts";
import { nothing, type Preview, toldStep } from "./outlook.ts";

export function previewRetry(
  index: PlanIndex,
  state: RunState,
  asked: { readonly step: string | null; readonly tenant: string | null },
): Preview {
  const refusal = retryRefusal(index, state, asked);
  if (refusal !== null) return nothing(refusal);
  const parked =
    asked.tenant === null ? [...state.parked.keys()] : [asked.tenant].filter((id) => state.parked.has(id));
  const steps = index.plan.steps.flatMap((step) => {
    if (asked.step !== null && asked.step !== step.id) return [];
    const present = stepState(state, step.id);
    const failed = new Set([...present.failing, ...present.spent]);
    for (const tenant of parked)
      if (step.units.includes(tenant) && present.status !== "pending") failed.add(tenant);
    const tenants = asked.tenant === null ? failed.size : failed.has(asked.tenant) ? 1 : 0;
    if (tenants === 0) return [];
    const seconds = (step.seconds * tenants) / step.units.length;
    return [toldStep(index, step.id, { what: "is-tried-again" as const, tenants, seconds })];
  });
  return {
    refusal: null,
    does: [
      "What failed has all its tries again and need not wait for the next.",
      ...(parked.length === 0
        ? []
        : [
            `Parked: ${namesInWords(parked)} ${parked.length === 1 ? "catches" : "catch"} up with what was missed.`,
          ]),
      ...(state.status === "ended" ? ["The run, which has ended, goes on."] : []),
    ],
    steps,
    seconds: steps.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
  };
}

export function previewSettling(
  index: PlanIndex,
  state: RunState,
  asked: { readonly action: "skip" | "done"; readonly step: string; readonly tenant: string | null },
): Preview {
  const refusal = (asked.action === "skip" ? skipRefusal : doneRefusal)(index, state, asked);
  if (refusal !== null) return nothing(refusal);
  const what = asked.tenant === null ? asked.step : `${asked.step} for ${asked.tenant}`;
  const units = index.steps.get(asked.step)?.units.length ?? 1;
  return {
    refusal: null,
    does: [
      asked.action === "skip"
        ? `The run goes on without ${what}, which counts as done without an effect.`
        : `${what} is looked for in the world. Where it is seen there it counts as done; where not, nothing is changed.`,
    ],
    steps: [
      toldStep(index, asked.step, {
        what: "counts-as-done",
        tenants: asked.tenant === null ? units : 1,
        seconds: 0,
      }),
    ],
    seconds: 0,
  };
}
