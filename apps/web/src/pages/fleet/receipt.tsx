import { checkReceipt, type Mark, type ReceiptFacts, renderDuration, renderNumber } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { queries } from "../../api/queries.ts";
import { Failure, Skeleton } from "../../ui/empty.tsx";
import { StateMark } from "../../ui/mark.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { sha256, verifierOf } from "../audit/verify/browser-crypto.ts";

const MARKS: Readonly<Record<ReceiptFacts["steps"][number]["outcome"], Mark>> = {
  done: "done",
  failed: "failed",
  parked: "parked",
  open: "running",
};

/** What a run did to one tenant, checked in this browser against the signed statement before it is shown as sound. */
export function Receipt({
  environment,
  run,
  tenant,
}: {
  readonly environment: string;
  readonly run: string;
  readonly tenant: string;
}): ReactNode {
  const told = useQuery(queries.receipt(environment, run, tenant));
  const key = useQuery(queries.auditKey(environment));
  if (told.error !== null) return <Failure error={told.error} />;
  if (told.data === undefined || (key.data === undefined && key.error === null))
    return <Skeleton height={80} />;
  const checked = checkReceipt(told.data, {
    ...verifierOf(key.data === undefined ? [] : [key.data.publicKey]),
    sha256,
  });
  const [problem] = checked.problems;
  const [unknown] = checked.unknown;
  const mark: Mark = problem !== undefined ? "failed" : unknown !== undefined ? "unknown" : "done";
  return (
    <>
      <p className="row">
        <StateMark mark={mark} />
        {problem?.message ??
          unknown?.message ??
          `Checked here: every event is in the journal as statement ${checked.statement?.number ?? ""} signed it.`}
      </p>
      <Scroll label="What was done to it" className="unit-list">
        <ul>
          {told.data.facts.steps.map((step) => (
            <li key={`${step.step}${step.direction}${step.startedAt}`}>
              <StateMark
                mark={step.direction === "undo" ? "undoing" : MARKS[step.outcome]}
                label={step.outcome}
              />
              <span className="mono">{step.step}</span>
              <span className="quiet">
                {step.direction === "undo" ? "taken back, " : ""}
                {step.rows === null ? "" : `${renderNumber(step.rows)} rows, `}
                {step.seconds === null ? "–" : renderDuration(step.seconds)}
              </span>
            </li>
          ))}
        </ul>
      </Scroll>
    </>
  );
}
