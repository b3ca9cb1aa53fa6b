import {
  type Mark,
  PHASE_MARKS,
  type PhaseSummary,
  type PlanIndex,
  type PlanTimes,
  renderDuration,
  STEP_MARKS,
} from "@baton/core";
import { type ReactNode, useState } from "react";
import { Icon } from "../../ui/icon.tsx";
import { StateMark, useShownMark } from "../../ui/mark.tsx";
import { type Bar, fact, type GanttStep, ganttScale, planned } from "./gantt-scale.ts";
import "./gantt.css";

interface GanttProps {
  readonly index: PlanIndex;
  readonly times: PlanTimes;
  readonly phases: readonly PhaseSummary[];
  readonly steps: ReadonlyMap<string, GanttStep>;
  readonly startedAt: number | null;
  /** The run's present, or its end. */
  readonly now: number;
  readonly onOpen: (step: string) => void;
}

/** The plan's times as outlines, what happened as filled bars, phase by phase; a phase opens to its steps. */
export function Gantt({ index, times, phases, steps, startedAt, now, onOpen }: GanttProps): ReactNode {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const scale = ganttScale(times, phases, startedAt, now);
  const toggle = (phase: string) =>
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(phase)) next.add(phase);
      return next;
    });
  return (
    <div className="gantt">
      <div className="gantt-row gantt-axis" aria-hidden="true">
        <span />
        <span className="gantt-track">
          {scale.ticks.map((tick) => (
            <span key={tick.seconds} className="gantt-tick" style={{ left: `${tick.at * 100}%` }}>
              {renderDuration(tick.seconds)}
            </span>
          ))}
        </span>
        <span />
      </div>
      <ol>
        {phases.map((phase) => {
          const mark = phase.hold && phase.status === "pending" ? "waits" : PHASE_MARKS[phase.status];
          const plan = index.plan.phases.find((one) => one.id === phase.phase);
          const isOpen = open.has(phase.phase);
          return (
            <li key={phase.phase}>
              <button
                type="button"
                className="gantt-row"
                aria-expanded={isOpen}
                onClick={() => toggle(phase.phase)}
              >
                <span className="gantt-name">
                  <StateMark
                    mark={mark}
                    label={phase.hold && phase.status === "pending" ? "hold to come" : phase.status}
                  />
                  <span className="gantt-words">{phase.ring ?? phase.title}</span>
                  <span className="gantt-turn" data-open={isOpen || undefined}>
                    <Icon name="right" size={12} />
                  </span>
                </span>
                <Track
                  plan={planned(scale, times, plan?.steps ?? [])}
                  fact={fact(scale, phase.startedAt, phase.endedAt, startedAt, now)}
                  mark={mark}
                  now={scale.now}
                />
                <span className="gantt-time">{tookOf(phase, now)}</span>
              </button>
              {isOpen && (
                <ol className="gantt-steps">
                  {(plan?.steps ?? []).map((id) => {
                    const step = steps.get(id);
                    const status = step?.status ?? "pending";
                    return (
                      <li key={id}>
                        <button type="button" className="gantt-row" onClick={() => onOpen(id)}>
                          <span className="gantt-name">
                            <StateMark mark={STEP_MARKS[status]} label={status} />
                            <span className="gantt-words">{id.slice(phase.phase.length + 1)}</span>
                          </span>
                          <Track
                            plan={planned(scale, times, [id])}
                            fact={fact(scale, step?.startedAt ?? null, step?.endedAt ?? null, startedAt, now)}
                            mark={STEP_MARKS[status]}
                            now={scale.now}
                          />
                          <span className="gantt-time">{tookOf(step, now)}</span>
                        </button>
                      </li>
                    );
                  })}
                </ol>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function tookOf(step: Pick<GanttStep, "startedAt" | "endedAt"> | undefined, now: number): string {
  if (step === undefined || step.startedAt === null) return "–";
  return renderDuration(Math.max(0, (step.endedAt ?? now) - step.startedAt) / 1000);
}

function Track({
  plan,
  fact: happened,
  mark,
  now,
}: {
  readonly plan: Bar | null;
  readonly fact: Bar | null;
  readonly mark: Mark;
  readonly now: number | null;
}): ReactNode {
  const shown = useShownMark(mark);
  return (
    <span className="gantt-track" aria-hidden="true">
      {plan !== null && <span className="gantt-plan" style={placeOf(plan)} />}
      {happened !== null && <span className="gantt-fact" data-mark={shown} style={placeOf(happened)} />}
      {now !== null && <span className="gantt-now" style={{ left: `${now * 100}%` }} />}
    </span>
  );
}

const placeOf = ({ from, to }: Bar) => ({
  left: `${from * 100}%`,
  width: `${Math.max(0, to - from) * 100}%`,
});
