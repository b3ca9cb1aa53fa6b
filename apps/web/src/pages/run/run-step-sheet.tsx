import { type PlanIndex, renderDuration, SOLE_UNIT } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { queries } from "../../api/queries.ts";
import { readEvent } from "../../api/read-event.ts";
import type { EventBody, RunBody } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Failure, ProblemLine, Skeleton } from "../../ui/empty.tsx";
import { StateMark } from "../../ui/mark.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { clockOf, zoneName } from "../../ui/time.tsx";
import { Part, StepSheet } from "../plan/step-sheet.tsx";
import type { ActSubject } from "./acts/act-dialog.tsx";
import { VERBS, type Verb } from "./acts/verbs.ts";
import { eventWords } from "./event-words.ts";
import { UNIT_MARKS } from "./unit-marks.ts";

/** A step of a run: what became of it, its units, its log out of the journal, and what can be done about it. */
export function RunStepSheet({
  environment,
  run,
  index,
  step: id,
  onOpen,
  onSay,
  onClose,
}: {
  readonly environment: string;
  readonly run: RunBody;
  readonly index: PlanIndex;
  readonly step: string;
  readonly onOpen: (step: string) => void;
  readonly onSay: (verb: Verb, subject: ActSubject) => void;
  readonly onClose: () => void;
}): ReactNode {
  const planned = index.steps.get(id);
  const told = useQuery(queries.runStep(environment, run.run, id));
  const events = useQuery(queries.stepEvents(environment, run.run, id));
  if (planned === undefined) return null;
  const step = told.data?.step;
  const failing = told.data?.units.items.filter((unit) => unit.problem !== null) ?? [];
  const over = run.status === "ended";
  const stuck = step !== undefined && (step.status === "failed" || failing.length > 0);
  const doneByHand =
    step?.status === "running" && planned.kind !== "gate.approval" && planned.kind !== "gate.bake";
  return (
    <StepSheet plan={index.plan} step={planned} onOpen={onOpen} onClose={onClose}>
      {told.error !== null && <Failure error={told.error} again={() => told.refetch()} />}
      {step !== undefined && (stuck || (doneByHand && !over)) && (
        <div className="row">
          {stuck && (
            <Button look="primary" icon="refresh" onClick={() => onSay(VERBS.retry, { step: id })}>
              Try this step again
            </Button>
          )}
          {!over && (
            <>
              <Button icon="right" onClick={() => onSay(VERBS.skip, { step: id })}>
                Skip it
              </Button>
              <Button onClick={() => onSay(VERBS.done, { step: id })}>Declare it done</Button>
            </>
          )}
        </div>
      )}
      {failing.length > 0 && (
        <div className="problem-boxed">
          {failing.slice(0, 5).map(
            (unit) =>
              unit.problem !== null && (
                <ProblemLine
                  key={unit.unit}
                  problem={{
                    ...unit.problem,
                    message: `${unit.unit === SOLE_UNIT ? "" : `${unit.unit}: `}${unit.problem.message}`,
                  }}
                />
              ),
          )}
        </div>
      )}
      <Part
        title={
          step?.startedAt == null
            ? "It has not begun"
            : `Began ${clockOf(step.startedAt)} ${zoneName()}, ${step.endedAt === null ? "still at work" : `took ${renderDuration((step.endedAt - step.startedAt) / 1000)} (planned ${renderDuration(step.plannedSeconds)})`}`
        }
      >
        {told.data === undefined ? (
          <Skeleton height={60} />
        ) : planned.fanOut ? (
          <Scroll label="Tenants of this step" className="unit-list">
            <ul>
              {told.data.units.items.map((unit) => (
                <li key={unit.unit}>
                  <StateMark mark={UNIT_MARKS[unit.status]} label={unit.status} />
                  <span className="mono">{unit.unit}</span>
                  <span className="quiet">
                    {unit.status}
                    {unit.failures > 0
                      ? `, ${unit.failures} failed ${unit.failures === 1 ? "try" : "tries"}`
                      : ""}
                  </span>
                </li>
              ))}
            </ul>
          </Scroll>
        ) : null}
      </Part>
      <Part title="Log">
        <StepLog events={events.data?.items ?? null} />
      </Part>
    </StepSheet>
  );
}

function StepLog({ events }: { readonly events: readonly EventBody[] | null }): ReactNode {
  if (events === null) return <Skeleton height={80} />;
  if (events.length === 0) return <p className="quiet">Nothing is journaled of it yet.</p>;
  return (
    <Scroll label="Log of this step" className="step-log mono">
      <ol>
        {events.map((stored) => {
          const event = readEvent(stored);
          return (
            <li key={stored.position}>
              <time className="quiet" dateTime={new Date(stored.at).toISOString()}>
                {clockOf(stored.at)}
              </time>
              <span>{event === null ? stored.type : eventWords(event).words}</span>
            </li>
          );
        })}
      </ol>
    </Scroll>
  );
}
