import { indexPlan, planTimes } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useMemo, useState } from "react";
import { queries } from "../../api/queries.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Button } from "../../ui/button.tsx";
import { Failure, PageSkeleton } from "../../ui/empty.tsx";
import { FromTo } from "../../ui/icon.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { useTitle } from "../../ui/use-title.ts";
import { ActDialog } from "../run/acts/act-dialog.tsx";
import { VERBS } from "../run/acts/verbs.ts";
import { PlanBody } from "./plan-body.tsx";

const route = getRouteApi("/e/$environment/run/$run/plan");

/** The plan a run carries out, as it is stored in the journal: what an approver reads, and approves. */
export function RunPlanPage(): ReactNode {
  const environment = useEnvironment();
  const { run: id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [approving, setApproving] = useState(false);
  const run = useQuery(queries.run(environment, id));
  const stored = useQuery({
    ...queries.planOf(environment, run.data?.planHash ?? ""),
    enabled: run.data !== undefined,
  });
  const plan = stored.data?.plan;
  const index = useMemo(() => (plan === undefined ? null : indexPlan(plan)), [plan]);
  useTitle("Plan of a run");
  const error = run.error ?? stored.error;
  if (error !== null) return <Failure error={error} again={() => run.refetch()} />;
  if (run.data === undefined || plan === undefined || index === null) return <PageSkeleton height={560} />;
  const waits = run.data.status === "opened" && run.data.approvedBy === null;
  return (
    <div className="page">
      <PageHead
        title={
          <span className="row">
            <FromTo from={plan.from} to={plan.release} />
            <span className="plan-title">{plan.title}</span>
          </span>
        }
        about={
          <>
            Plan <span className="mono">{plan.hash.slice(0, 8)}</span> of run{" "}
            <span className="mono">{id}</span>, opened by {run.data.openedBy.name}
            {run.data.approvedBy === null
              ? ", not approved yet"
              : `, approved by ${run.data.approvedBy.name}`}
            .
          </>
        }
        actions={
          <>
            <Link
              className="link-button"
              to="/e/$environment/releases/$release/compare"
              params={{ environment, release: plan.release }}
              search={{ a: plan.hash, b: plan.release }}
            >
              Compare with now
            </Link>
            <Link className="link-button" to="/e/$environment/run/$run" params={{ environment, run: id }}>
              Watch the run
            </Link>
            {waits && (
              <Button look="primary" icon="key" onClick={() => setApproving(true)}>
                {VERBS.approve.words(run.data)}
              </Button>
            )}
          </>
        }
      />
      <PlanBody
        index={index}
        times={planTimes(plan)}
        search={search}
        onSearch={(change) => navigate({ search: (before) => ({ ...before, ...change }), replace: true })}
      />
      {approving && (
        <ActDialog
          environment={environment}
          run={run.data}
          verb={VERBS.approve}
          subject={{}}
          forGood={false}
          onClose={() => setApproving(false)}
        />
      )}
    </div>
  );
}
