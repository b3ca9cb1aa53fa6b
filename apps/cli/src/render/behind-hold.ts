import {
  type PlanIndex,
  type PlanStep,
  renderCount,
  renderDuration,
  renderEstimate,
  rollbackAfterHoldSeconds,
} from "@baton/core";
import { renderTable } from "./table.ts";
import { oneLine, type RenderOptions, wrap } from "./text.ts";

/** The steps that a gate lets go: behind its hold, in order. */
export const stepsBehind = (index: PlanIndex): readonly PlanStep[] =>
  index.order.flatMap((id) => {
    const step = index.steps.get(id);
    return step !== undefined && index.behindHold.has(id) ? [step] : [];
  });

/** What an approval lets happen, and what a rollback is from there on. */
export function renderBehindHold(index: PlanIndex, options: RenderOptions): readonly string[] {
  const steps = stepsBehind(index);
  const rows = steps.map((step) => [
    step.id,
    `${oneLine(step.title)}${step.fanOut ? `, ${renderCount(step.units.length, "tenant")}` : ""}`,
    renderDuration(step.seconds),
    step.undo,
  ]);
  return [
    `Behind the hold stand ${renderCount(steps.length, "step")}:`,
    ...renderTable(rows, [{}, { flexible: true }, { align: "right" }, {}], options.width, "  "),
    ...wrap(backWords(index, steps), options.width, "  "),
  ];
}

function backWords(index: PlanIndex, steps: readonly PlanStep[]): string {
  const { from, estimates } = index.plan;
  const after = rollbackAfterHoldSeconds(index);
  const now = renderEstimate(estimates.worstRollbackSeconds);
  if (after !== null)
    return `Rollback to ${from} takes ${now} from here and ${renderEstimate(after)} once they are done; either loses nothing.`;
  const none = steps.filter((step) => step.undo === "none").map((step) => step.id);
  return `Rollback to ${from} takes ${now} from here. Once ${none.join(" or ")} has begun there is no way back.`;
}
