import { renderDuration, renderRatio, STEP_MARKS } from "@baton/core";
import { type ReactNode, useState } from "react";
import type { LiveView } from "../../api/live-run.ts";
import type { RunStepBody } from "../../api/types.ts";
import { Empty, Skeleton } from "../../ui/empty.tsx";
import { Icon } from "../../ui/icon.tsx";
import { StateMark } from "../../ui/mark.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Segments } from "../../ui/search-field.tsx";
import { progressWords } from "./progress-words.ts";
import "./steps-panel.css";

/** How many of the steps to come are shown below those at work. */
const NEXT = 8;

type Show = "now" | "failed" | "all";

/** The run's steps: those at work, those that failed, or all; each opens to its logs. */
export function StepsPanel({
  view,
  now,
  onOpen,
}: {
  readonly view: LiveView;
  readonly now: number;
  readonly onOpen: (step: string) => void;
}): ReactNode {
  const [show, setShow] = useState<Show | null>(null);
  const { steps, run } = view;
  const atWork = steps.filter((step) => step.status === "running" || step.status === "undoing");
  const failed = steps.filter((step) => step.status === "failed" || step.problem !== null);
  const kept = show ?? (run?.status === "ended" ? "all" : "now");
  const next = steps.filter((step) => step.status === "pending").slice(0, NEXT);
  const listed = kept === "all" ? steps : kept === "failed" ? failed : [...atWork, ...next];
  return (
    <Panel
      flush
      title="Steps"
      aside={
        <Segments
          label="Which steps"
          value={kept}
          onChange={setShow}
          options={[
            { value: "now", words: "Now and next" },
            { value: "failed", words: `Failed ${failed.length}` },
            { value: "all", words: `All ${steps.length}` },
          ]}
        />
      }
    >
      {run === null || (steps.length === 0 && run.steps.total > 0) ? (
        <Skeleton height={200} />
      ) : listed.length === 0 ? (
        <Nothing show={kept} opened={run.status === "opened"} ended={run.status === "ended"} />
      ) : (
        <ol className="steps">
          {listed.map((step) => (
            <li key={step.step}>
              <button type="button" className="step-row" onClick={() => onOpen(step.step)}>
                <StateMark
                  mark={run.waiting?.step === step.step ? "waits" : STEP_MARKS[step.status]}
                  label={step.status}
                />
                <span className="step-words">
                  <span className="step-name">{step.step}</span>
                  <span className="quiet">
                    {step.title}
                    {step.fanOut ? ` · ${unitsWords(step)}` : ""}
                    {progressWords(view.progress, step.step)}
                  </span>
                  {step.problem !== null && <span className="step-problem">{step.problem.message}</span>}
                </span>
                <span className="step-time mono">{tookOf(step, now)}</span>
                <Icon name="right" size={12} />
              </button>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Nothing({
  show,
  opened,
  ended,
}: {
  readonly show: Show;
  readonly opened: boolean;
  readonly ended: boolean;
}): ReactNode {
  if (show === "failed")
    return <Empty title="No step has failed">Failed tries would be listed here, each with what to do.</Empty>;
  if (opened) return <Empty title="Nothing has begun">The run begins once its plan is approved.</Empty>;
  return (
    <Empty title="Nothing is at work">
      {ended ? "The run has ended." : "The conductor takes the next step as soon as it may."}
    </Empty>
  );
}

function unitsWords({ units, status }: RunStepBody): string {
  if (status === "undoing" || status === "undone")
    return `${renderRatio(units.undone, units.touched)} taken back`;
  const parked = units.parked === 0 ? "" : `, ${units.parked} parked`;
  const failing = units.failing === 0 ? "" : `, ${units.failing} to be tried again`;
  return `${renderRatio(units.done, units.total)} tenants${parked}${failing}`;
}

function tookOf(step: RunStepBody, now: number): string {
  if (step.startedAt === null) return "–";
  return renderDuration(Math.max(0, (step.endedAt ?? now) - step.startedAt) / 1000);
}
