import {
  indexPlan,
  mannerOf,
  type Plan,
  type PlanPhase,
  type PlanStep,
  type PlanTimes,
  planTimes,
  renderCount,
  renderDuration,
  renderEstimate,
  rollbackAfterHoldSeconds,
  symbolOf,
  type UndoClass,
} from "@baton/core";
import { paintWith } from "./paint.ts";
import { renderStandings } from "./standings.ts";
import { renderTable } from "./table.ts";
import { fit, joinFacts, oneLine, type RenderOptions, wrap } from "./text.ts";

/** Characters of a hash that people are shown. */
const SHORT_HASH = 8;
const CRITICAL = "*";
const UNDO_ORDER: readonly UndoClass[] = ["instant", "lossless", "inert", "none"];

/** The head of a plan's or a hash's name as people are shown it. */
export const shortHash = (hash: string): string => hash.slice(0, SHORT_HASH);

/**
 * A plan before anything moves: what goes where and how long it takes, how it is taken back, every step by phase with its
 * duration and undo class, the critical path, the hold and the point of no return.
 */
export function renderPlan(plan: Plan, options: RenderOptions): readonly string[] {
  const times = planTimes(plan);
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  return [
    ...head(plan, times, options),
    "",
    ...renderStandings(plan, options),
    ...plan.phases.flatMap((phase) => [...renderPhase(plan, phase, steps, times, options), ""]),
    ...legend(plan, options),
  ];
}

/** The one line that names a plan: releases, environment, hash, size, duration. Broken where the width asks for it. */
function renderPlanHead(plan: Plan, times: PlanTimes, options: RenderOptions): readonly string[] {
  const about =
    times.toHold === null
      ? renderEstimate(times.total)
      : `${renderEstimate(times.toHold)} to the hold, ${renderDuration(Math.round(times.total))} in all`;
  const lines = joinFacts(
    [
      `${plan.from} → ${plan.release} on ${plan.environment}`,
      `plan ${shortHash(plan.hash)}`,
      renderCount(plan.steps.length, "step"),
      `${renderCount(plan.tenants.length, "tenant")} in ${renderCount(plan.rings.length, "ring")}`,
      about,
    ],
    options.width,
  );
  const paint = paintWith(options.color);
  return lines.map((line, at) => (at === 0 ? paint.strong(line) : line));
}

function head(plan: Plan, times: PlanTimes, options: RenderOptions): readonly string[] {
  const counts = UNDO_ORDER.flatMap((undo) => {
    const count = plan.steps.filter((step) => step.undo === undo).length;
    return count === 0 ? [] : [`${count} ${undo}`];
  });
  const undo = joinFacts(
    [
      `undo: ${counts.join(", ")}`,
      `rollback at worst ${renderDuration(plan.estimates.worstRollbackSeconds)}`,
      holdFact(plan),
    ],
    options.width,
    "  ",
    "  ",
  );
  return [...renderPlanHead(plan, times, options), ...undo];
}

function holdFact(plan: Plan): string {
  const at = plan.phases.findIndex((phase) => phase.hold);
  if (at < 0) return "no hold";
  const next = plan.phases[at + 1];
  return next === undefined ? "hold at the end" : `hold before ${next.id}`;
}

function renderPhase(
  plan: Plan,
  phase: PlanPhase,
  steps: ReadonlyMap<string, PlanStep>,
  times: PlanTimes,
  options: RenderOptions,
): readonly string[] {
  const paint = paintWith(options.color);
  const tenants = phase.ring === null ? [] : plan.tenants.filter((tenant) => tenant.ring === phase.ring);
  const facts = [
    phase.ring === null ? phase.title : `ring ${phase.ring}`,
    ...(phase.ring === null ? [] : [renderCount(tenants.length, "tenant")]),
    renderEstimate(times.phases.get(phase.id)),
  ];
  const title = fit(
    `${phase.hold ? `${symbolOf("waits")} ` : ""}${facts.map(oneLine).join(" · ")}`,
    options.width,
  );
  const critical = new Set(plan.estimates.criticalPath);
  const rows = phase.steps.flatMap((id) => {
    const step = steps.get(id);
    return step === undefined ? [] : [row(step, critical.has(id))];
  });
  const table = renderTable(rows, [{}, {}, { flexible: true }, { align: "right" }, {}], options.width);
  const waits = phase.hold
    ? wrap("The run stops here and waits; until then everything can be taken back.", options.width, "  ")
    : [];
  return [phase.hold ? paint.waits(title) : paint.strong(title), ...waits, ...table];
}

function row(step: PlanStep, critical: boolean): readonly string[] {
  const name = step.id.startsWith(`${step.phase}.`) ? step.id.slice(step.phase.length + 1) : step.id;
  const over = step.fanOut ? `, ${renderCount(step.units.length, "tenant")}` : "";
  return [
    critical ? CRITICAL : " ",
    fit(oneLine(name), 20),
    `${oneLine(step.title)}${over}`,
    // A person takes the time a person takes; an estimate of 0 s would be a claim.
    mannerOf(step) === "approval" ? "a person" : renderDuration(step.seconds),
    step.undo,
  ];
}

function legend(plan: Plan, options: RenderOptions): readonly string[] {
  const sentence = noReturn(plan);
  return [
    ...wrap(
      `${CRITICAL} critical path. Undo: instant at once; lossless whole, but takes its time; inert nothing to take back; none cannot be taken back.`,
      options.width,
      "  ",
      "",
    ),
    ...wrap(
      `Rollback before the hold takes ${renderDuration(plan.estimates.worstRollbackSeconds)} at worst and loses nothing.`,
      options.width,
    ),
    ...afterHold(plan).flatMap((words) => wrap(words, options.width)),
    ...wrap(sentence, options.width),
  ];
}

/** What a rollback from behind the hold takes, and what it may take; nothing where none leads back or nothing stands there. */
function afterHold(plan: Plan): readonly string[] {
  const index = indexPlan(plan);
  const seconds = rollbackAfterHoldSeconds(index);
  if (seconds === null || index.behindHold.size === 0) return [];
  const budget =
    plan.budgets === undefined
      ? ""
      : `, within a budget of its own of ${renderDuration(plan.budgets.rollbackAfterHoldMinutes * 60)}`;
  return [`Once what stands behind the hold is done it takes ${renderDuration(seconds)}${budget}.`];
}

function noReturn(plan: Plan): string {
  const id = plan.estimates.pointOfNoReturn;
  if (id === null) return "There is no point of no return: every step can be taken back.";
  const step = plan.steps.find((one) => one.id === id);
  const behind = plan.phases.some((phase) => phase.hold)
    ? " It stands behind the hold and its approval."
    : "";
  return `Point of no return: ${id}${step === undefined ? "" : ` (${step.title})`}. From there on nothing brings the old shape back.${behind}`;
}
