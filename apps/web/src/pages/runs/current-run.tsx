import { useQuery } from "@tanstack/react-query";
import { Link, Navigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { queries } from "../../api/queries.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Empty, Failure, PageSkeleton } from "../../ui/empty.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { useTitle } from "../../ui/use-title.ts";

/** Leads to the run that goes on, or the last one; where there never was one, says how one begins. */
export function CurrentRun(): ReactNode {
  const environment = useEnvironment();
  useTitle("Run");
  const surroundings = useQuery(queries.surroundings(environment));
  if (surroundings.data === undefined)
    return surroundings.error === null ? (
      <PageSkeleton height={480} />
    ) : (
      <Failure error={surroundings.error} again={() => surroundings.refetch()} />
    );
  const { run } = surroundings.data;
  if (run !== null) return <Navigate to="/e/$environment/run/$run" params={{ environment, run }} replace />;
  return (
    <div className="page">
      <PageHead title="Run" about="One carrying out of a plan, from approval to its end." />
      <section className="panel">
        <Empty title="Nothing was ever run here" command="baton run R1">
          Read a release's plan, open a run with it, and have somebody approve it. Or begin on the command
          line:
        </Empty>
        <div className="panel-body">
          <Link
            className="link-button"
            data-look="primary"
            to="/e/$environment/releases"
            params={{ environment }}
          >
            Go to Releases
          </Link>
        </div>
      </section>
    </div>
  );
}
