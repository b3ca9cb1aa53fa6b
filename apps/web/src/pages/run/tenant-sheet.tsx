import { TENANT_MARKS } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { queries } from "../../api/queries.ts";
import type { RunBody } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure, ProblemLine, Skeleton } from "../../ui/empty.tsx";
import { StateLabel, StateMark } from "../../ui/mark.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { Part } from "../plan/step-sheet.tsx";
import type { ActSubject } from "./acts/act-dialog.tsx";
import { VERBS, type Verb } from "./acts/verbs.ts";
import { UNIT_MARKS } from "./unit-marks.ts";

/** One tenant of a run: its share of each step, why it is parked, and what can be done about it alone. */
export function TenantSheet({
  environment,
  run,
  tenant,
  onSay,
  onClose,
}: {
  readonly environment: string;
  readonly run: RunBody;
  readonly tenant: string;
  readonly onSay: (verb: Verb, subject: ActSubject) => void;
  readonly onClose: () => void;
}): ReactNode {
  const told = useQuery(queries.runTenant(environment, run.run, tenant));
  const { data } = told;
  return (
    <Dialog title={<span className="mono">{tenant}</span>} kind="side" onClose={onClose}>
      {data === undefined ? (
        told.error === null ? (
          <Skeleton height={240} />
        ) : (
          <Failure error={told.error} again={() => told.refetch()} />
        )
      ) : (
        <>
          <div className="row">
            <StateLabel mark={TENANT_MARKS[data.standing]}>{data.standing}</StateLabel>
            <span className="quiet">ring {data.ring}</span>
            <Link
              className="text-link"
              to="/e/$environment/fleet"
              params={{ environment }}
              search={{ tenant }}
            >
              In the fleet
            </Link>
          </div>
          {data.parked !== null && (
            <div className="problem-boxed">
              <ProblemLine problem={data.parked} />
            </div>
          )}
          {(data.parked !== null || run.status !== "ended") && (
            <div className="row">
              {data.parked !== null && (
                <Button look="primary" icon="refresh" onClick={() => onSay(VERBS.retry, { tenant })}>
                  Try {tenant} again
                </Button>
              )}
              {run.status !== "ended" && (
                <Button icon="back" onClick={() => onSay(VERBS["rollback-tenant"], { tenant })}>
                  Take {tenant} back alone
                </Button>
              )}
            </div>
          )}
          <Part title="Its share of each step">
            <Scroll label="Its share of each step" className="unit-list">
              <ul>
                {data.steps.map((step) => (
                  <li key={step.step}>
                    <StateMark mark={UNIT_MARKS[step.status]} label={step.status} />
                    <span className="mono">{step.step}</span>
                    <span className="quiet">
                      {step.status}
                      {step.failures > 0
                        ? `, ${step.failures} failed ${step.failures === 1 ? "try" : "tries"}`
                        : ""}
                    </span>
                  </li>
                ))}
              </ul>
            </Scroll>
          </Part>
        </>
      )}
    </Dialog>
  );
}
