import { type ReactNode, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "../../../frame/theme.ts";
import { Empty } from "../../../ui/empty.tsx";
import { tokenColours } from "../../../ui/token-colours.ts";
import "./chart.css";

/** One line of a chart. */
export interface ChartSeries {
  readonly label: string;
  /** One value a time; null where nothing was measured, which leaves a gap and is never 0. */
  readonly values: readonly (number | null)[];
  readonly token: string;
  readonly dashed?: boolean;
}

/** A moment of the release on the time axis. */
export interface ChartMark {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly words: string;
}

interface ChartProps {
  readonly title: string;
  /** Milliseconds since 1970, rising. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly marks: readonly ChartMark[];
  /** Why there is nothing to show, where there is nothing. */
  readonly reason: string;
  readonly render: (value: number) => string;
}

const HEIGHT = 148;

/** Figures over time, from zero, with marks where steps began; the last value of each line stands beside its name. */
export function Chart({ title, times, series, marks, reason, render }: ChartProps): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shownMarks = useRef(marks);
  shownMarks.current = marks;
  const { theme } = useTheme();
  const some = times.length > 1 && series.some((one) => one.values.some((value) => value !== null));
  const shape = series.map((one) => `${one.label}${one.token}${one.dashed}`).join();

  // Made anew for another theme or other lines only; data goes in below.
  useEffect(() => {
    const element = holder.current;
    if (element === null || !some) return;
    const made = new uPlot(
      optionsFor(element, series, render, () => shownMarks.current),
      [[], ...series.map(() => [])],
      element,
    );
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [some, shape, theme]);

  // A new plot takes the data that is there.
  useEffect(() => {
    plot.current?.setData([times.map((at) => at / 1000), ...series.map((one) => [...one.values])]);
  }, [times, series, some, shape, theme]);

  return (
    <figure className="chart">
      <figcaption>
        <strong>{title}</strong>
        <span className="chart-legend">
          {series.map((one) => (
            <span key={one.label} className="chart-key">
              <span
                className="chart-line"
                data-dashed={one.dashed || undefined}
                style={{ color: `var(${one.token})` }}
              />
              {one.label} <span className="mono">{lastOf(one.values, render)}</span>
            </span>
          ))}
        </span>
      </figcaption>
      {some ? <div ref={holder} className="chart-plot" /> : <Empty title="No figures">{reason}</Empty>}
    </figure>
  );
}

function lastOf(values: readonly (number | null)[], render: (value: number) => string): string {
  const last = values.findLast((value) => value !== null);
  return last === null || last === undefined ? "unknown" : render(last);
}

function optionsFor(
  element: HTMLElement,
  series: readonly ChartSeries[],
  render: (value: number) => string,
  marks: () => readonly ChartMark[],
): uPlot.Options {
  const read = tokenColours(["--quiet", "--line", "--line-strong", ...series.map((one) => one.token)]);
  const colour = (token: string): string => read[token] ?? "";
  const font = `12px ${getComputedStyle(document.documentElement).getPropertyValue("--font-text")}`;
  const axis = {
    stroke: colour("--quiet"),
    font,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    padding: [8, 26, 0, 0],
    scales: {
      x: { time: true },
      y: { range: (_, __, most) => [0, Math.max(most * 1.15, 1)] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 72, values: (_, splits) => splits.map(clock), size: 26 },
      {
        ...axis,
        size: 58,
        space: 34,
        values: (_, splits) => splits.map((value) => `${render(value)}`),
      },
    ],
    series: [
      {},
      ...series.map((one) => ({
        label: one.label,
        stroke: colour(one.token),
        width: 1.75,
        points: { show: false },
        spanGaps: false,
        ...(one.dashed ? { dash: [4, 4] } : {}),
      })),
    ],
    hooks: { drawClear: [(plot) => drawMarks(plot, marks(), colour("--line-strong"))] },
  };
}

/** A thin line where each step began. */
function drawMarks(plot: uPlot, marks: readonly ChartMark[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.at / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clock = (seconds: number): string => CLOCK.format(new Date(seconds * 1000));
