import {
  type Mark,
  markOfOutcome,
  type PlanStep,
  type Problem,
  renderCount,
  renderDuration,
  renderNumber,
  renderRatio,
  type StepState,
  symbolOf,
} from "@baton/core";
import { paintMark } from "./mark.ts";
import { paintWith } from "./paint.ts";
import { renderRunHead } from "./run.ts";
import { oneLine, type RenderOptions, wrap } from "./text.ts";
import { trafficFacts } from "./traffic.ts";
import type { RunView } from "./view.ts";

interface Change {
  readonly mark: Mark;
  readonly words: string;
}

/**
 * What changed between two looks at a run, a line each, for where there is no terminal to redraw: steps that began, ended or
 * went back, units that failed or were parked, waits, failed requests, the traffic whenever a phase ended, the run's end.
 * With no look before, the head comes first.
 */
export function plainChanges(
  previous: RunView | null,
  next: RunView,
  options: RenderOptions,
): readonly string[] {
  const paint = paintWith(options.color);
  const changes = [
    ...runChanges(previous, next),
    ...next.index.order.flatMap((id) => stepChanges(previous, next, id)),
    ...parkedChanges(previous, next),
    ...trafficChanges(previous, next),
    ...waitChanges(previous, next),
    ...endChanges(previous, next),
  ];
  const lines = changes.flatMap(({ mark, words }) =>
    wrap(words, options.width, "  ", `${symbolOf(mark)} `).map((line, at) =>
      at === 0 ? line.replace(symbolOf(mark), paintMark(mark, paint)) : line,
    ),
  );
  return previous === null ? [...renderRunHead(next.summary, options), ...lines] : lines;
}

function runChanges(previous: RunView | null, next: RunView): readonly Change[] {
  const { rollback } = next.state;
  if (rollback === null || previous?.state.rollback != null) return [];
  const by = rollback.by === null ? "" : ` by ${oneLine(rollback.by.name)}`;
  return [{ mark: "undoing", words: `rolling back to ${next.summary.from}${by}: ${rollback.reason}` }];
}

function stepChanges(previous: RunView | null, next: RunView, id: string): readonly Change[] {
  const step = next.index.steps.get(id);
  const now = next.state.steps.get(id);
  const before = previous?.state.steps.get(id);
  if (step === undefined || now === undefined || now === before) return [];
  const failures = failureChanges(step, before, now);
  const openedAgain = previous?.state.reopened.has(id) || next.state.reopened.has(id);
  if (before !== undefined && openedAgain && ["running", "succeeded"].includes(now.status))
    return [...failures, ...caughtUp(step, before, now)];
  if (now.status === (before?.status ?? "pending")) return failures;
  const change = statusChange(step, now);
  return now.status === "running" ? [...change, ...failures] : [...failures, ...change];
}

/** A step that was opened again for tenants that catch up has ended before: only what is new in it is said. */
const caughtUp = (step: PlanStep, before: StepState, now: StepState): readonly Change[] =>
  now.done > before.done
    ? [{ mark: "done", words: `${step.id} caught up: ${renderRatio(now.done, step.units.length)} tenants` }]
    : [];

function statusChange(step: PlanStep, now: StepState): readonly Change[] {
  const size = step.fanOut ? `, ${renderCount(step.units.length, "tenant")}` : "";
  const took = now.startedAt === null || now.endedAt === null ? null : (now.endedAt - now.startedAt) / 1000;
  switch (now.status) {
    case "pending":
      return [];
    case "running":
      return [{ mark: "running", words: `${step.id} began: ${step.title}${size}` }];
    case "succeeded": {
      const units = step.fanOut ? ` ${renderRatio(now.done, step.units.length)} tenants,` : "";
      return [{ mark: "done", words: `${step.id}${units} ${renderDuration(took)}` }];
    }
    case "failed":
      return [{ mark: "failed", words: `${step.id} failed after ${renderDuration(took)}` }];
    case "undoing":
      return [{ mark: "undoing", words: `${step.id} is being taken back` }];
    case "undone":
      return [{ mark: "undoing", words: `${step.id} taken back` }];
  }
}

function failureChanges(step: PlanStep, before: StepState | undefined, now: StepState): readonly Change[] {
  return step.units.flatMap((unit) => {
    const present = now.units.get(unit);
    const past = before?.units.get(unit);
    if (present === undefined || present.problem === null || present.failures <= (past?.failures ?? 0))
      return [];
    const whose = step.fanOut ? ` ${unit}` : "";
    return [
      {
        mark: "failed",
        words: `${step.id}${whose}, try ${present.failures}: ${problemWords(present.problem)}`,
      },
    ];
  });
}

function parkedChanges(previous: RunView | null, next: RunView): readonly Change[] {
  return next.summary.tenants.problems
    .filter(({ tenant }) => previous?.state.parked.has(tenant) !== true)
    .map(({ tenant, problem }) => ({ mark: "parked", words: `${tenant} parked: ${problemWords(problem)}` }));
}

const problemWords = (problem: Problem): string => `${problem.code} ${problem.message}`;

function trafficChanges(previous: RunView | null, next: RunView): readonly Change[] {
  const failed = next.traffic?.requests.failed ?? 0;
  const more = failed > (previous?.traffic?.requests.failed ?? 0);
  const ended = (view: RunView | null): number =>
    view?.summary.phases.filter((phase) => phase.endedAt !== null).length ?? 0;
  return [
    ...(more
      ? [{ mark: "failed" as const, words: `${renderNumber(failed)} requests of users failed so far` }]
      : []),
    ...(ended(next) > ended(previous)
      ? [
          {
            mark: next.traffic === null ? ("unknown" as const) : ("running" as const),
            words: `traffic: ${trafficFacts(next).join(" · ")}`,
          },
        ]
      : []),
  ];
}

function waitChanges(previous: RunView | null, next: RunView): readonly Change[] {
  const { waiting } = next.state;
  const before = previous?.state.waiting;
  if (waiting === null || next.summary.status === "ended") return [];
  if (before != null && before.step === waiting.step && before.since === waiting.since) return [];
  return [{ mark: "waits", words: `waits for ${next.summary.explanation.waitingFor}` }];
}

function endChanges(previous: RunView | null, next: RunView): readonly Change[] {
  const { ended } = next.state;
  if (ended === null || previous?.state.ended != null) return [];
  const next_ = ended.next.length === 0 ? "" : ` Next: ${ended.next.join(" or ")}.`;
  return [{ mark: markOfOutcome(ended.outcome), words: `${ended.outcome}: ${ended.reason}${next_}` }];
}
