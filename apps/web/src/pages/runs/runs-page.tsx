import { type Mark, markOfOutcome, renderDuration, renderNumber } from "@baton/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { queries } from "../../api/queries.ts";
import type { ListedRun } from "../../api/types.ts";
import { outcomeWords } from "../../frame/run-words.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Button } from "../../ui/button.tsx";
import { Empty, Failure, Skeleton } from "../../ui/empty.tsx";
import { FromTo } from "../../ui/icon.tsx";
import { StateLabel } from "../../ui/mark.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { Moment } from "../../ui/time.tsx";
import { useTitle } from "../../ui/use-title.ts";
import "../../ui/table.css";

const route = getRouteApi("/e/$environment/runs");

/** Every run of the environment, the newest first. */
export function RunsPage(): ReactNode {
  const environment = useEnvironment();
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  useTitle("All runs");
  const runs = useInfiniteQuery(queries.runs(environment));
  const all = runs.data?.pages.flatMap((page) => page.items) ?? [];
  const wanted = q.toLowerCase();
  const shown = all.filter((run) =>
    `${run.run} ${run.from} ${run.release} ${run.outcome ?? "goes on"} ${run.openedBy.name}`
      .toLowerCase()
      .includes(wanted),
  );
  return (
    <div className="page">
      <PageHead title="All runs" about="Each carrying out of a plan in this environment, the newest first." />
      {runs.error !== null && <Failure error={runs.error} again={() => runs.refetch()} />}
      <section className="panel" aria-label="Runs">
        <div className="toolbar">
          <SearchField
            label="Search runs"
            value={q}
            onChange={(value) => navigate({ search: value === "" ? {} : { q: value }, replace: true })}
          />
          <span className="quiet">{shown.length} shown</span>
        </div>
        {runs.data === undefined ? (
          <Skeleton height={240} />
        ) : shown.length === 0 ? (
          <Empty
            title={all.length === 0 ? "Nothing was ever run here" : "No run matches"}
            {...(all.length === 0 ? { command: "baton run R1" } : {})}
          >
            {all.length === 0
              ? "The first run appears here as soon as it is opened."
              : "Search for a release, an outcome, or who opened it."}
          </Empty>
        ) : (
          <RunTable environment={environment} runs={shown} />
        )}
        {runs.hasNextPage && (
          <div className="panel-body">
            <Button disabled={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
              Show older runs
            </Button>
          </div>
        )}
      </section>
    </div>
  );
}

function RunTable({
  environment,
  runs,
}: {
  readonly environment: string;
  readonly runs: readonly ListedRun[];
}): ReactNode {
  return (
    <div className="table-scroll">
      <table className="table">
        <thead>
          <tr>
            <th>Run</th>
            <th>Came out</th>
            <th>Opened</th>
            <th>By</th>
            <th>Approved by</th>
            <th className="figure">Took</th>
            <th className="figure">Failed requests</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.run}>
              <td className="name-cell">
                <Link className="name" to="/e/$environment/run/$run" params={{ environment, run: run.run }}>
                  <FromTo from={run.from} to={run.release} />
                </Link>{" "}
                <span className="mono quiet">{run.run}</span>
              </td>
              <td data-name="Came out">
                <StateLabel mark={markOf(run)}>{wordsOf(run)}</StateLabel>
              </td>
              <td data-name="Opened">
                <Moment at={run.openedAt} />
              </td>
              <td data-name="By">{run.openedBy.name}</td>
              <td data-name="Approved by">
                {run.told === null ? "unknown" : (run.told.approvedBy?.name ?? "nobody")}
              </td>
              <td className="figure" data-name="Took">
                {run.told?.seconds == null ? "–" : renderDuration(run.told.seconds)}
              </td>
              <td className="figure" data-name="Failed requests">
                {run.told?.figures == null ? "–" : renderNumber(run.told.figures.requests.failed)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function markOf({ outcome, told }: ListedRun): Mark {
  if (outcome !== null) return markOfOutcome(outcome);
  if (told === null) return "unknown";
  return told.waitsFor !== null || told.status === "opened"
    ? "waits"
    : told.status === "rolling-back"
      ? "undoing"
      : "running";
}

function wordsOf({ outcome, told, problem }: ListedRun): string {
  if (outcome !== null) return outcomeWords(outcome);
  if (told === null) return `unknown: ${problem?.code ?? "it cannot be read"}`;
  return told.waitsFor !== null ? "waits" : told.status === "opened" ? "not approved" : told.status;
}
