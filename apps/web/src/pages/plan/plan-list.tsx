import { mannerOf, type PlanIndex, type PlanTimes, renderCount, renderDuration } from "@baton/core";
import { Fragment, type ReactNode } from "react";
import { StateMark } from "../../ui/mark.tsx";
import { UndoLabel } from "./undo-shape.tsx";
import "../../ui/table.css";
import "./plan-list.css";

/** The plan as a list, a phase below the other: the same facts as the drawing, and what a phone shows. */
export function PlanList({
  index,
  times,
  onOpen,
}: {
  readonly index: PlanIndex;
  readonly times: PlanTimes;
  readonly onOpen: (step: string) => void;
}): ReactNode {
  const critical = new Set(index.plan.estimates.criticalPath);
  const noReturn = index.plan.estimates.pointOfNoReturn;
  return (
    <ol className="plan-list">
      {index.plan.phases.map((phase) => (
        <li key={phase.id} data-hold={phase.hold || undefined}>
          <h3 className="plan-list-phase">
            {phase.hold && <StateMark mark="waits" label="hold" />}
            <span>{phase.ring === null ? phase.title : `Ring ${phase.ring}`}</span>
            <span className="quiet">
              {phase.hold
                ? "the run waits here; until then everything can be taken back"
                : `${renderCount(phase.steps.length, "step")}, about ${renderDuration(Math.round(times.phases.get(phase.id) ?? 0))}`}
            </span>
          </h3>
          <ol>
            {phase.steps.map((id) => {
              const step = index.steps.get(id);
              if (step === undefined) return null;
              return (
                <Fragment key={id}>
                  {id === noReturn && <li className="plan-list-no-return">Point of no return</li>}
                  <li>
                    <button
                      type="button"
                      className="plan-list-step"
                      data-critical={critical.has(id) || undefined}
                      onClick={() => onOpen(id)}
                    >
                      <span className="plan-list-name">{step.title}</span>
                      <span className="plan-list-kind mono">{step.kind}</span>
                      <span className="plan-list-size">
                        {step.fanOut ? renderCount(step.units.length, "tenant") : ""}
                      </span>
                      <span className="plan-list-time">
                        {mannerOf(step) === "approval" ? "a person" : renderDuration(step.seconds)}
                      </span>
                      <UndoLabel undo={step.undo} />
                      {critical.has(id) && <span className="visually-hidden">on the critical path</span>}
                    </button>
                  </li>
                </Fragment>
              );
            })}
          </ol>
        </li>
      ))}
    </ol>
  );
}
