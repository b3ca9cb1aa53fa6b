import { TENANT_MARKS } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import { outcomeWords } from "../../frame/run-words.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure, ProblemLine, Skeleton } from "../../ui/empty.tsx";
import { Icon } from "../../ui/icon.tsx";
import { StateLabel } from "../../ui/mark.tsx";
import { Fact, Facts } from "../../ui/panel.tsx";
import { Moment } from "../../ui/time.tsx";
import { Part } from "../plan/step-sheet.tsx";
import { Receipt } from "./receipt.tsx";
import { releaseWords } from "./release-words.ts";

/** One tenant: where it lives, what serves it, what has drifted, the runs it was in, and its receipt. */
export function FleetTenantSheet({
  environment,
  tenant: id,
  onClose,
}: {
  readonly environment: string;
  readonly tenant: string;
  readonly onClose: () => void;
}): ReactNode {
  const told = useQuery(queries.tenant(environment, id));
  if (told.data === undefined)
    return (
      <Dialog title={<span className="mono">{id}</span>} kind="side" onClose={onClose}>
        {told.error === null ? (
          <Skeleton height={240} />
        ) : (
          <Failure error={told.error} again={() => told.refetch()} />
        )}
      </Dialog>
    );
  const { tenant, runs } = told.data;
  const { lastRun } = tenant;
  return (
    <Dialog title={<span className="mono">{id}</span>} kind="side" onClose={onClose}>
      <div className="row">
        {lastRun !== null && (
          <StateLabel mark={TENANT_MARKS[lastRun.standing]}>{lastRun.standing}</StateLabel>
        )}
        <span className="quiet">{lastRun?.stepTitle ?? "in no run yet"}</span>
      </div>
      {lastRun?.parked != null && (
        <div className="problem-boxed">
          <ProblemLine problem={lastRun.parked} />
        </div>
      )}
      <Facts>
        <Fact name="Ring">{tenant.ring}</Fact>
        <Fact name="Release">{releaseWords(tenant)}</Fact>
        <Fact name="Database">
          <span className="mono">{tenant.database}</span>
        </Fact>
        <Fact name="Host">
          <span className="mono">{tenant.host}</span>
        </Fact>
      </Facts>
      <Part title="Versions that answer it">
        {tenant.versions === null ? (
          <p className="quiet">Unknown: between two releases the runs do not tell.</p>
        ) : (
          <ul className="mono">
            {tenant.versions.map((one) => (
              <li key={one.service}>
                {one.service} {one.version}
              </li>
            ))}
          </ul>
        )}
      </Part>
      <Part title="Drift">
        {tenant.drift.length === 0 ? (
          <p className="quiet">None: it is where its last run left it.</p>
        ) : (
          <ul>
            {tenant.drift.map((one) => (
              <li key={one.what}>
                Its {one.what} was <span className="mono">{one.planned}</span> and is{" "}
                <span className="mono">{one.now}</span>.
              </li>
            ))}
          </ul>
        )}
      </Part>
      <Part title="Runs it was in">
        {runs.length === 0 ? (
          <p className="quiet">None.</p>
        ) : (
          <ul className="stack" style={{ gap: 4 }}>
            {runs.map((run) => (
              <li key={run.run} className="row">
                <Link
                  className="text-link"
                  to="/e/$environment/run/$run"
                  params={{ environment, run: run.run }}
                  search={{ tenant: id }}
                >
                  {run.release}
                </Link>
                <span>{run.outcome === null ? "goes on" : outcomeWords(run.outcome)}</span>
                <span className="quiet">
                  <Moment at={run.openedAt} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Part>
      {lastRun !== null && tenant.receipt && (
        <Part title={`Receipt of ${lastRun.release}`}>
          <Receipt environment={environment} run={lastRun.run} tenant={id} />
          <a
            className="link-button"
            href={client.urlOf("getReceipt", { params: { environment, run: lastRun.run, tenant: id } })}
            download={`receipt-${id}-${lastRun.release}.json`}
          >
            <Icon name="export" />
            Save the receipt
          </a>
        </Part>
      )}
    </Dialog>
  );
}
