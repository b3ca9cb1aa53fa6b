import { renderMilliseconds, renderNumber } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useMemo } from "react";
import type { LiveEvent } from "../../api/live-run.ts";
import { queries } from "../../api/queries.ts";
import type { RunBody, TrafficBody } from "../../api/types.ts";
import { Skeleton } from "../../ui/empty.tsx";
import { Panel } from "../../ui/panel.tsx";
import type { ChartMark } from "./charts/chart.tsx";

const Chart = lazy(() => import("./charts/chart.tsx").then((module) => ({ default: module.Chart })));

/** Samples further apart than this have a time between them that nobody knows of. */
const GAP_MS = 5_000;

/** What the users at work see while the run goes on: requests, failures, p99, with marks where steps began. */
export function Figures({
  environment,
  run,
  events,
}: {
  readonly environment: string;
  readonly run: RunBody;
  readonly events: readonly LiveEvent[];
}): ReactNode {
  const traffic = useQuery(queries.traffic(environment));
  const data = useMemo(() => columnsOf(traffic.data?.samples ?? []), [traffic.data]);
  const marks = useMemo(() => marksOf(events), [events]);
  const now = traffic.data?.now ?? null;
  const reason =
    traffic.data?.reason ??
    (traffic.error === null ? "The server has not looked yet." : "The server does not say.");
  const before = now?.windows.before?.p99 ?? null;
  return (
    <Panel
      flush
      title="What users see"
      aside={
        now === null ? (
          <span>unknown: {reason}</span>
        ) : (
          <>
            <span>{renderNumber(now.requests.total)} requests</span>
            <span>{renderNumber(now.requests.failed)} failed</span>
            <span>{renderNumber(now.writes.acknowledged)} writes acknowledged</span>
          </>
        )
      }
    >
      <Suspense fallback={<Skeleton height={200} />}>
        <div className="charts">
          <Chart
            title="Requests per second"
            times={data.times}
            series={[{ label: "now", values: data.perSecond, token: "--blue-solid" }]}
            marks={marks}
            reason={reason}
            render={renderNumber}
          />
          <Chart
            title="Failed per second"
            times={data.times}
            series={[{ label: "now", values: data.failed, token: "--red-solid" }]}
            marks={marks}
            reason={reason}
            render={renderNumber}
          />
          <Chart
            title="Slowest hundredth (p99)"
            times={data.times}
            series={[
              { label: "now", values: data.p99, token: "--blue-solid" },
              ...(before === null
                ? []
                : [
                    { label: run.from, values: data.times.map(() => before), token: "--faint", dashed: true },
                  ]),
            ]}
            marks={marks}
            reason={reason}
            render={renderMilliseconds}
          />
        </div>
      </Suspense>
    </Panel>
  );
}

/** Samples as columns; where samples are missing there is a gap, never a line across it. */
function columnsOf(samples: TrafficBody["samples"]) {
  const times: number[] = [];
  const perSecond: (number | null)[] = [];
  const failed: (number | null)[] = [];
  const p99: (number | null)[] = [];
  for (const sample of samples) {
    const last = times.at(-1);
    if (last !== undefined && sample.at - last > GAP_MS) {
      times.push(last + 1_000);
      for (const column of [perSecond, failed, p99]) column.push(null);
    }
    times.push(sample.at);
    perSecond.push(sample.perSecond);
    failed.push(sample.failedPerSecond);
    p99.push(sample.p99);
  }
  return { times, perSecond, failed, p99 };
}

/** More marks than these, and they hide the line they explain. */
const MOST_MARKS = 16;

/** Where steps began; of many steps only the first of each phase. */
function marksOf(events: readonly LiveEvent[]): readonly ChartMark[] {
  const all = events.flatMap(({ event, at }) =>
    event.type === "step.started" ? [{ at, words: event.step }] : [],
  );
  if (all.length <= MOST_MARKS) return all;
  const phaseOf = ({ words }: ChartMark) => words.slice(0, words.indexOf("."));
  return all.filter((mark, at) => at === 0 || phaseOf(mark) !== phaseOf(all[at - 1] ?? mark));
}
