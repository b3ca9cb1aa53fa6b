import { indexPlan, type Plan, type PlanIndex, planTimes } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { queries } from "../../api/queries.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Failure, PageSkeleton } from "../../ui/empty.tsx";
import { FromTo } from "../../ui/icon.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { useTitle } from "../../ui/use-title.ts";
import { PlanActs } from "./plan-acts.tsx";
import { PlanBody } from "./plan-body.tsx";

const route = getRouteApi("/e/$environment/releases/$release");

/** A release's plan, compiled from what is observed right now: read it, compare it, open a run with it. */
export function PlanPage(): ReactNode {
  const environment = useEnvironment();
  const { release } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  useTitle(`Plan of ${release}`);
  const compiled = useQuery(queries.plan(environment, release));
  const plan = compiled.data?.plan;
  const index = useMemo(() => (plan === undefined ? null : indexPlan(plan)), [plan]);
  if (plan === undefined || index === null)
    return compiled.error === null ? (
      <PageSkeleton height={560} />
    ) : (
      <div className="page">
        <PageHead
          title={`Plan of ${release}`}
          about="There is no plan to show. What speaks against it, all at once:"
        />
        <Failure error={compiled.error} again={() => compiled.refetch()} />
      </div>
    );
  return (
    <div className="page">
      <Head plan={plan} environment={environment} index={index} />
      <PlanBody
        index={index}
        times={planTimes(plan)}
        search={search}
        onSearch={(change) => navigate({ search: (before) => ({ ...before, ...change }), replace: true })}
      />
    </div>
  );
}

function Head({
  plan,
  environment,
  index,
}: {
  readonly plan: Plan;
  readonly environment: string;
  readonly index: PlanIndex;
}): ReactNode {
  return (
    <PageHead
      title={
        <span className="row">
          <FromTo from={plan.from} to={plan.release} />
          <span className="plan-title">{plan.title}</span>
        </span>
      }
      about={
        <>
          Plan <span className="mono">{plan.hash.slice(0, 8)}</span> for {plan.environment}, compiled from
          what is observed now
          {plan.author === null ? "" : `, written by ${plan.author}`}.
        </>
      }
      actions={
        <>
          <Link
            className="link-button"
            to="/e/$environment/releases/$release/compare"
            params={{ environment, release: plan.release }}
            search={{ a: "", b: plan.release }}
          >
            Compare
          </Link>
          <PlanActs environment={environment} plan={plan} index={index} />
        </>
      }
    />
  );
}
