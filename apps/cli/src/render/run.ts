import {
  byHandInWords,
  type Mark,
  markOfOutcome,
  type RunSummary,
  renderDuration,
  renderEstimate,
  symbolOf,
} from "@baton/core";
import { paintMark } from "./mark.ts";
import { paintWith } from "./paint.ts";
import { parkedWords } from "./parked.ts";
import { shortHash } from "./plan.ts";
import { phaseLines, type RunLine } from "./run-phase.ts";
import { columns, fit, joinFacts, oneLine, padEnd, padStart, type RenderOptions, wrap } from "./text.ts";
import { trafficFacts } from "./traffic.ts";
import type { RunView } from "./view.ts";

const NAME_WIDTH = 14;
const SECONDS_WIDTH = 11;
const LABEL_INDENT = " ".repeat(NAME_WIDTH + 5);

/** A run as it stands: head, a line a phase, the steps at work with their tenants, the traffic, what it waits for, what one can do. */
export function renderRun(view: RunView, options: RenderOptions): readonly string[] {
  const { summary } = view;
  return [
    ...renderRunHead(summary, options),
    ...summary.phases.flatMap((phase) => phaseLines(view, phase)).map((line) => setLine(line, options)),
    ...labelled("traffic", trafficFacts(view), options),
    ...byHandInWords(view.state).flatMap((line) =>
      wrap(line, options.width, LABEL_INDENT, `    ${padEnd("by hand", NAME_WIDTH)} `),
    ),
    ...parkedLines(view, options),
    ...waits(summary, options),
    ...can(summary, options),
  ];
}

/** The line that names a run and says how it is. */
export function renderRunHead(summary: RunSummary, options: RenderOptions): readonly string[] {
  const paint = paintWith(options.color);
  const lines = joinFacts(
    [
      `${summary.from} → ${summary.release} on ${summary.environment}`,
      `plan ${shortHash(summary.planHash)}`,
      statusWords(summary),
      ...(summary.toHoldSeconds === null ? [] : [`${renderEstimate(summary.toHoldSeconds)} to the hold`]),
    ],
    options.width,
  );
  return lines.map((line, at) => (at === 0 ? paint.strong(line) : line));
}

/** How a run is, in words, with its time so far. */
function statusWords(summary: RunSummary): string {
  const since = renderDuration(summary.elapsedSeconds);
  if (summary.stop !== null && summary.status !== "ended") return `stopping, ${since}`;
  if (summary.paused !== null) return `paused by ${summary.paused.by.name}, ${since}`;
  if (summary.status === "opened") return summary.approvedBy === null ? "not approved yet" : "about to start";
  if (summary.status === "rolling-back") return `rolling back, ${since}`;
  if (summary.status === "ended") return `${summary.outcome ?? "ended, outcome unknown"} after ${since}`;
  return summary.phases.some((phase) => phase.status === "waiting") ? `waits, ${since}` : `running ${since}`;
}

function setLine(line: RunLine, options: RenderOptions): string {
  const paint = paintWith(options.color);
  const indent = line.depth === 0 ? "  " : "    ";
  const nameWidth = NAME_WIDTH - (line.depth === 0 ? 0 : 2);
  const seconds = line.seconds === null ? "" : padStart(renderDuration(line.seconds), SECONDS_WIDTH);
  const lead = columns(indent) + 2;
  const room = options.width - lead - columns(seconds);
  const name = padEnd(fit(oneLine(line.name), nameWidth), nameWidth);
  const text = fit(`${name} ${line.detail}`, Math.max(1, room));
  const body = seconds === "" ? text : padEnd(text, room) + seconds;
  return `${indent}${paintMark(line.mark, paint)} ${fit(body.trimEnd(), Math.max(1, options.width - lead))}`;
}

function labelled(label: string, facts: readonly string[], options: RenderOptions): readonly string[] {
  return joinFacts(facts, options.width, LABEL_INDENT, `    ${padEnd(label, NAME_WIDTH)} `);
}

/** A tenant that was parked on the way forward is taken back like the others once the run goes back. */
function parkedLines({ summary, state }: RunView, options: RenderOptions): readonly string[] {
  if (state.rollback !== null) return [];
  return parkedWords(summary.tenants.problems).flatMap((words) =>
    paintFirst(wrap(words, options.width, "    ", `  ${symbolOf("parked")} `), "parked", options),
  );
}

function waits(summary: RunSummary, options: RenderOptions): readonly string[] {
  const { explanation, status } = summary;
  const waiting =
    summary.paused !== null ||
    summary.stop !== null ||
    summary.phases.some((phase) => phase.status === "waiting");
  if (status !== "opened" && status !== "ended" && !waiting) return [];
  const mark: Mark = status === "ended" ? markOfOutcome(summary.outcome) : "waits";
  const words = status === "ended" ? explanation.waitingFor : `waits for ${explanation.waitingFor}`;
  return paintFirst(wrap(words, options.width, "    ", `  ${symbolOf(mark)} `), mark, options);
}

function can(summary: RunSummary, options: RenderOptions): readonly string[] {
  const { rollbackRefusal, rollbackSeconds, status } = summary;
  if (status !== "running") return [];
  const words =
    rollbackRefusal === null
      ? `back to ${summary.from}: npx baton rollback, ${renderEstimate(rollbackSeconds)}, loses nothing`
      : `no way back: ${rollbackRefusal.message}`;
  return wrap(words, options.width, LABEL_INDENT, `    ${padEnd("you can", NAME_WIDTH)} `);
}

function paintFirst(lines: readonly string[], mark: Mark, options: RenderOptions): readonly string[] {
  const paint = paintWith(options.color);
  return lines.map((line, at) => (at === 0 ? line.replace(symbolOf(mark), paintMark(mark, paint)) : line));
}
