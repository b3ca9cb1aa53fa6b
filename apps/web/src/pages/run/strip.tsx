import { type RunSummary, renderDuration, renderEstimate, renderRatio } from "@baton/core";
import type { ReactNode } from "react";
import { markOfRun, rollbackWords, stepsWords, wordsOfRun } from "../../frame/run-words.ts";
import { FromTo } from "../../ui/icon.tsx";
import { StateLabel, StateMark, useShownMark } from "../../ui/mark.tsx";
import { Fact, Facts } from "../../ui/panel.tsx";
import "./strip.css";

/** The run at a glance: what is happening, what it waits for and since when, how long it goes on, what the way back costs. */
export function Strip({
  run,
  title,
  now,
  verbs,
}: {
  readonly run: RunSummary;
  readonly title: string;
  /** The run's present, or its end. */
  readonly now: number;
  /** What can be done, as buttons. */
  readonly verbs: ReactNode;
}): ReactNode {
  const { explanation } = run;
  const shown = useShownMark(markOfRun(run));
  const ended = run.status === "ended";
  return (
    <section className="strip" data-mark={shown} aria-label="The run at a glance">
      <div className="strip-top">
        <div className="strip-words">
          <div className="row">
            <h1>
              <FromTo from={run.from} to={run.release} />
            </h1>
            <StateLabel mark={markOfRun(run)}>{wordsOfRun(run)}</StateLabel>
            <span className="quiet strip-title">{title}</span>
          </div>
          <p className="strip-wait">
            {ended ? null : <StateMark mark={markOfRun(run)} />}
            <span>
              {ended
                ? ""
                : run.status === "opened" || markOfRun(run) === "waits"
                  ? "Waits for "
                  : "At work: "}
              {explanation.waitingFor}
              {explanation.since !== null && !ended && (
                <span className="quiet">
                  , for{" "}
                  <span className="nowrap">
                    {renderDuration(Math.max(0, Math.round((now - explanation.since) / 1000)))}
                  </span>
                </span>
              )}
            </span>
          </p>
        </div>
        <div className="strip-verbs">{verbs}</div>
      </div>
      <Facts>
        <Fact
          name="Progress"
          note={`${renderRatio(run.tenants.done, run.tenants.total)} tenants on ${run.release}`}
        >
          {stepsWords(run)}
        </Fact>
        <Fact name={ended ? "Took" : "Running for"}>
          {run.startedAt === null ? (
            <span className="quiet">not begun</span>
          ) : (
            renderDuration(Math.max(0, Math.round((now - run.startedAt) / 1000)))
          )}
        </Fact>
        {!ended && <TimeLeft run={run} />}
        <Fact
          name={`Rollback to ${run.from} now`}
          note={run.rollbackRefusal === null ? undefined : run.rollbackRefusal.message}
        >
          {run.status === "ended" && run.rollbackRefusal !== null ? "–" : rollbackWords(run)}
        </Fact>
        <Fact name="Plan">
          <span className="mono">{run.planHash.slice(0, 8)}</span>
        </Fact>
        <Fact name="Approved by">
          {run.approvedBy === null ? <span className="quiet">nobody yet</span> : run.approvedBy.name}
        </Fact>
      </Facts>
    </section>
  );
}

function TimeLeft({ run }: { readonly run: RunSummary }): ReactNode {
  if (run.toHoldSeconds !== null)
    return (
      <Fact name="To the hold" note="then it waits">
        {renderEstimate(run.toHoldSeconds)}
      </Fact>
    );
  if (run.toEndSeconds !== null) return <Fact name="To the end">{renderEstimate(run.toEndSeconds)}</Fact>;
  if (run.status === "rolling-back" && run.rollbackSeconds !== null)
    return <Fact name={`Until ${run.from} serves`}>{renderEstimate(run.rollbackSeconds)}</Fact>;
  return null;
}
