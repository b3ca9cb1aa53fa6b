import type { PhaseSummary, PlanTimes, StepStatus } from "@baton/core";

/** What a Gantt shows of a step. Milliseconds since 1970. */
export interface GanttStep {
  readonly status: StepStatus;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** A bar's ends as shares of the whole width. */
export interface Bar {
  readonly from: number;
  readonly to: number;
}

export interface GanttScale {
  /** Seconds from the run's start to the right edge. */
  readonly seconds: number;
  readonly ticks: readonly { readonly seconds: number; readonly at: number }[];
  /** Where the present is; null before the run has begun. */
  readonly now: number | null;
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];
/** About so many ticks, so that their words do not meet on a narrow page either. */
const TICKS = 5;

/**
 * A scale on which plan and fact can be compared. It goes to the hold while that is ahead and to the plan's end after it: a bake of
 * days would press everything before it into a line.
 */
export function ganttScale(
  times: PlanTimes,
  phases: readonly PhaseSummary[],
  startedAt: number | null,
  now: number,
): GanttScale {
  const beyondHold = phases.some((phase) => phase.hold && phase.startedAt !== null);
  const expected = beyondHold || times.toHold === null ? times.total : times.toHold * 1.08;
  const behind = startedAt === null ? 0 : Math.max(0, now - startedAt) / 1000;
  const seconds = Math.max(1, expected, behind * 1.04);
  const step = STEPS.find((one) => seconds / one <= TICKS) ?? 86_400;
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, at) => ({
    seconds: at * step,
    at: (at * step) / seconds,
  })).filter((tick) => tick.at < 0.97);
  return { seconds, ticks, now: startedAt === null ? null : Math.min(1, behind / seconds) };
}

/** Where the plan expected these steps; null where that lies beyond the scale. */
export function planned(scale: GanttScale, times: PlanTimes, steps: readonly string[]): Bar | null {
  const known = steps.flatMap((id) => times.steps.get(id) ?? []);
  if (known.length === 0) return null;
  const from = Math.min(...known.map((one) => one.startsAt)) / scale.seconds;
  const to = Math.max(...known.map((one) => one.startsAt + one.seconds)) / scale.seconds;
  return from >= 1 ? null : { from, to: Math.min(1, to) };
}

/** Where it really happened; null where it has not begun. */
export function fact(
  scale: GanttScale,
  startedAt: number | null,
  endedAt: number | null,
  runStartedAt: number | null,
  now: number,
): Bar | null {
  if (startedAt === null || runStartedAt === null) return null;
  const share = (at: number) => Math.max(0, Math.min(1, (at - runStartedAt) / 1000 / scale.seconds));
  return { from: share(startedAt), to: share(endedAt ?? now) };
}
