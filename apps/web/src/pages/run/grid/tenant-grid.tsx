import { type Mark, renderCount } from "@baton/core";
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useStale } from "../../../api/freshness.ts";
import { useTheme } from "../../../frame/theme.ts";
import { MARK_WORDS, StateMark } from "../../../ui/mark.tsx";
import { readColours } from "./grid-colours.ts";
import { cellAt, cellPlace, layOutGrid, walk } from "./grid-layout.ts";
import { type Cell, GridPainter } from "./grid-painter.ts";
import "./tenant-grid.css";

interface TenantGridProps {
  /** Ring by ring, in the plan's order. */
  readonly cells: readonly Cell[];
  /** What a tenant is in, in words; asked for the one under the pointer or the focus. */
  readonly wordsOf: (tenant: string) => string;
  readonly onOpen: (tenant: string) => void;
}

/** The tallest the grid gets; what does not fit is scrolled to. */
const MOST_HEIGHT = 440;

/** Every tenant as a cell: fill = how far, symbol = how it is. Arrow keys walk it, Enter opens a tenant. */
export function TenantGrid({ cells, wordsOf, onOpen }: TenantGridProps): ReactNode {
  const scroll = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<GridPainter | null>(null);
  const [width, setWidth] = useState(0);
  const [active, setActive] = useState(0);
  const [focused, setFocused] = useState(false);
  const [hover, setHover] = useState<number | null>(null);
  const stale = useStale() !== null;
  const { theme } = useTheme();
  const id = useId();
  const shown = useMemo(() => (stale ? cells.map(unknown) : cells), [cells, stale]);
  const rings = useSameRings(cells);
  const layout = useMemo(() => layOutGrid(rings, width), [rings, width]);
  const height = Math.min(MOST_HEIGHT, layout.height + 4);

  useLayoutEffect(() => {
    const element = scroll.current;
    if (element === null) return;
    const watcher = new ResizeObserver(() => setWidth(element.clientWidth - 8));
    watcher.observe(element);
    setWidth(element.clientWidth - 8);
    return () => watcher.disconnect();
  }, []);

  const setUp = useRef({ layout: null as unknown, theme: "", height: 0 });
  // Twice a change at most: once for its layout, once for its cells. Frames are drawn when the browser draws.
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context == null || width <= 0) return;
    painter.current ??= new GridPainter(context);
    const last = setUp.current;
    if (last.layout !== layout || last.theme !== theme || last.height !== height) {
      setUp.current = { layout, theme, height };
      painter.current.set(layout, shown, readColours(), width + 4, height, devicePixelRatio);
    } else painter.current.update(shown);
    painter.current.focus(focused ? active : hover);
    const frame = requestAnimationFrame(() => drawOn(painter.current, canvas.current));
    return () => cancelAnimationFrame(frame);
  }, [layout, shown, theme, height, width, active, focused, hover]);

  const onScroll = () => {
    const element = scroll.current;
    if (element === null) return;
    requestAnimationFrame(() => {
      painter.current?.scrollTo(element.scrollTop);
      drawOn(painter.current, canvas.current);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      const cell = cells[active];
      if (cell !== undefined) onOpen(cell.tenant);
      return;
    }
    const next = walk(layout, active, event.key);
    if (next === null) return;
    event.preventDefault();
    setActive(next);
    keepInSight(scroll.current, cellPlace(layout, next)?.y ?? 0, layout.pitch);
  };
  const positionAt = (event: PointerEvent): number | null => {
    const box = canvas.current?.getBoundingClientRect();
    if (box === undefined) return null;
    return cellAt(
      layout,
      event.clientX - box.left,
      event.clientY - box.top + (scroll.current?.scrollTop ?? 0),
    );
  };
  const told = focused ? active : hover;
  const cell = told === null ? undefined : shown[told];
  const activeCell = shown[active];
  return (
    <div className="tenant-grid">
      <div
        ref={scroll}
        className="tenant-grid-scroll"
        role="listbox"
        aria-label={`Tenants by ring, ${renderCount(cells.length, "cell")}. Arrow keys walk, Enter opens.`}
        aria-activedescendant={activeCell === undefined ? undefined : `${id}-active`}
        tabIndex={0}
        style={{ height: height + 12 }}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onPointerMove={(event) => setHover(positionAt(event))}
        onPointerLeave={() => setHover(null)}
        onPointerUp={(event) => {
          const at = positionAt(event);
          const under = at === null ? undefined : cells[at];
          if (under === undefined || at === null) return;
          setActive(at);
          onOpen(under.tenant);
        }}
      >
        <canvas ref={canvas} style={{ width: width + 4, height }} />
        <div style={{ height: Math.max(0, layout.height - height + 4) }} />
        {activeCell !== undefined && (
          <div
            id={`${id}-active`}
            role="option"
            aria-selected="true"
            tabIndex={-1}
            className="visually-hidden"
          >
            {`${activeCell.tenant}, ring ${activeCell.ring}, ${MARK_WORDS[activeCell.mark]}: ${wordsOf(activeCell.tenant)}`}
          </div>
        )}
      </div>
      <p className="tenant-grid-told" aria-hidden="true">
        {cell === undefined ? (
          <span className="quiet">Point at a cell, or walk with the arrow keys, to see its tenant.</span>
        ) : (
          <>
            <StateMark mark={cell.mark} />
            <strong className="mono">{cell.tenant}</strong>
            <span className="quiet">ring {cell.ring}</span>
            <span>{wordsOf(cell.tenant)}</span>
          </>
        )}
      </p>
    </div>
  );
}

/** Draws a frame, and leaves on the canvas how much that took: a budget can be counted there. */
function drawOn(painter: GridPainter | null, canvas: HTMLCanvasElement | null): void {
  if (painter === null || canvas === null || !painter.draw()) return;
  canvas.dataset.frames = String(painter.work.frames);
  canvas.dataset.lastFrame = String(painter.work.lastFrame);
  canvas.dataset.cells = String(painter.work.cells);
}

const unknown = (cell: Cell): Cell => ({ ...cell, mark: "unknown" });

/** The rings' sizes; the same object while they are the same, so that a cell that changes moves nothing. */
function useSameRings(cells: readonly Cell[]): ReturnType<typeof ringsOf> {
  const last = useRef<ReturnType<typeof ringsOf>>([]);
  return useMemo(() => {
    const next = ringsOf(cells);
    const same =
      next.length === last.current.length &&
      next.every(
        ({ ring, count }, at) => last.current[at]?.ring === ring && last.current[at]?.count === count,
      );
    if (!same) last.current = next;
    return last.current;
  }, [cells]);
}

function ringsOf(cells: readonly Cell[]): readonly { readonly ring: string; readonly count: number }[] {
  const rings: { ring: string; count: number }[] = [];
  for (const { ring } of cells) {
    const last = rings.at(-1);
    if (last?.ring === ring) last.count++;
    else rings.push({ ring, count: 1 });
  }
  return rings;
}

function keepInSight(element: HTMLElement | null, y: number, pitch: number): void {
  if (element === null) return;
  if (y < element.scrollTop) element.scrollTop = Math.max(0, y - pitch * 2);
  else if (y + pitch > element.scrollTop + element.clientHeight - 8)
    element.scrollTop = y + pitch * 2 - element.clientHeight;
}

/** The marks in the order a tenant may go through them, for a legend. */
export const GRID_MARKS: readonly Mark[] = ["to-come", "running", "done", "parked", "undoing"];
