import {
  type CurrentStep,
  type Mark,
  PHASE_MARKS,
  type PhaseSummary,
  type PlanStep,
  renderCount,
  renderDuration,
  renderRatio,
} from "@baton/core";
import { renderProgress } from "./progress.ts";
import { oneLine } from "./text.ts";
import type { RunView } from "./view.ts";

/** A line of the live region before it is set: symbol, name, what is to be said, seconds at the right. */
export interface RunLine {
  readonly mark: Mark;
  /** 1 for a step below its phase. */
  readonly depth: 0 | 1;
  readonly name: string;
  readonly detail: string;
  readonly seconds: number | null;
}

/** Names shown of those at work; the rest is counted. */
const SHOWN_UNITS = 3;

/** A phase's line, followed by one for each step of it at work. */
export function phaseLines(view: RunView, phase: PhaseSummary): readonly RunLine[] {
  const ring = view.summary.rings.find((one) => one.ring === phase.ring);
  const parked = phase.status === "succeeded" && ring !== undefined && ring.parked > 0;
  const hold = phase.hold && phase.status === "pending";
  const line: RunLine = {
    mark: hold ? "waits" : parked ? "parked" : PHASE_MARKS[phase.status],
    depth: 0,
    name: phase.phase,
    detail: detailOf(view, phase),
    seconds: phase.startedAt === null ? null : phase.seconds,
  };
  const steps = view.summary.current.filter((step) => step.phase === phase.phase);
  return [line, ...steps.map((step) => stepLine(view, step))];
}

function detailOf(view: RunView, phase: PhaseSummary): string {
  const ring = phase.ring === null ? undefined : view.summary.rings.find((one) => one.ring === phase.ring);
  const steps = `${renderRatio(phase.steps.ended, phase.steps.total)} steps`;
  if (phase.status === "undone") return "taken back";
  if (phase.status === "undoing")
    return ring === undefined
      ? "being taken back"
      : `${renderRatio(ring.undone, ring.total)} tenants taken back`;
  if (phase.status === "failed") return `${renderCount(phase.steps.failed, "step")} failed`;
  if (phase.hold && phase.status !== "succeeded") return holdWords(view, phase);
  if (phase.status === "pending")
    return ring === undefined ? renderCount(phase.steps.total, "step") : renderCount(ring.total, "tenant");
  if (ring === undefined)
    return phase.status === "succeeded" ? renderCount(phase.steps.total, "step") : steps;
  const parked = ring.parked === 0 ? "" : `, ${ring.parked} parked`;
  const done = `${renderRatio(ring.done, ring.total)} tenants on ${view.summary.release}${parked}`;
  return phase.status === "succeeded" ? done : `${done} · ${steps}`;
}

/** What the run will wait for at a hold, in order. */
function holdWords(view: RunView, phase: PhaseSummary): string {
  const steps = view.index.plan.steps.filter((step) => step.phase === phase.phase);
  return steps.map((step) => oneLine(waitWords(step))).join(", then ");
}

function waitWords(step: PlanStep): string {
  if (step.kind === "gate.bake") return `bake ${renderDuration(step.seconds)}`;
  return step.title;
}

function stepLine(view: RunView, step: CurrentStep): RunLine {
  const name = step.step.startsWith(`${step.phase}.`) ? step.step.slice(step.phase.length + 1) : step.step;
  const backwards = view.summary.status === "rolling-back";
  const fanOut = view.index.steps.get(step.step)?.fanOut === true;
  const facts = [
    ...(fanOut ? [fanOutWords(step, backwards)] : [oneLine(step.title)]),
    ...atWork(view, step, fanOut),
    ...(step.units.failing === 0 ? [] : [`${step.units.failing} to be tried again`]),
  ];
  const waits = view.state.waiting?.step === step.step;
  const mark: Mark = backwards
    ? "undoing"
    : waits
      ? "waits"
      : step.status === "failed"
        ? "failed"
        : "running";
  return { mark, depth: 1, name, detail: facts.join(" · "), seconds: step.seconds };
}

function fanOutWords({ units }: CurrentStep, backwards: boolean): string {
  if (backwards) return `${renderRatio(units.undone, units.touched)} taken back`;
  const parked = units.parked === 0 ? "" : `, ${units.parked} parked`;
  return `${renderRatio(units.done, units.total)} tenants${parked}`;
}

/** Which units are at work now, each with its figures. */
function atWork(view: RunView, step: CurrentStep, fanOut: boolean): readonly string[] {
  const units = view.state.steps.get(step.step)?.underWay.toArray() ?? [];
  const words = units.slice(0, SHOWN_UNITS).map((unit) => {
    const figures = renderProgress(view.progress, step.step, unit);
    return fanOut ? `${oneLine(unit)}${figures === "" ? "" : ` ${figures}`}` : figures;
  });
  const rest = units.length - SHOWN_UNITS;
  const said = [...words.filter(Boolean), ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
  return said === "" ? [] : [said];
}
