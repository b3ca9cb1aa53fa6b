import type { Mark } from "@baton/core";
import { MARK_PATHS } from "../../../ui/mark-paths.ts";
import { cellPlace, type GridLayout, HEADING, visibleCells } from "./grid-layout.ts";

/** What a cell shows: how far its tenant is (the fill) and how it is (the symbol). */
export interface Cell {
  readonly tenant: string;
  readonly ring: string;
  readonly mark: Mark;
  /** How many of the stages ahead of it a tenant has behind it, 0 to 1: the strength of the fill. */
  readonly filled: number;
}

/** Colours of the page's theme, read once a theme. */
export interface GridColours {
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly ground: string;
  readonly focus: string;
  readonly marks: Readonly<
    Record<Mark, { readonly line: string; readonly soft: string; readonly solid: string }>
  >;
  readonly font: string;
}

/** How much was drawn: what a frame's budget is counted in. */
export interface GridWork {
  frames: number;
  /** Cells drawn, in all frames and in the last one. */
  cells: number;
  lastFrame: number;
}

/** Strengths of fill that are told apart; a picture is kept of each, so that a cell costs one copy. */
const STRENGTHS = 8;

/**
 * Draws the tenants of a run on a canvas as large as the window on them. Draws what is in sight and has changed, and no more: a cell
 * that changes costs one copy of a small picture, whatever the size of the fleet.
 */
export class GridPainter {
  readonly work: GridWork = { frames: 0, cells: 0, lastFrame: 0 };
  readonly #context: CanvasRenderingContext2D;
  readonly #sprites = new Map<string, OffscreenCanvas>();
  #layout: GridLayout | null = null;
  #cells: readonly Cell[] = [];
  #colours: GridColours | null = null;
  #top = 0;
  #width = 0;
  #height = 0;
  #ratio = 1;
  #focus: number | null = null;
  #dirty = new Set<number>();
  #all = true;

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
  }

  /** Takes another layout, size or theme: everything is drawn anew. */
  set(
    layout: GridLayout,
    cells: readonly Cell[],
    colours: GridColours,
    width: number,
    height: number,
    ratio: number,
  ): void {
    if (colours !== this.#colours || layout.cell !== this.#layout?.cell || ratio !== this.#ratio)
      this.#sprites.clear();
    this.#layout = layout;
    this.#cells = cells;
    this.#colours = colours;
    this.#width = width;
    this.#height = height;
    this.#ratio = ratio;
    const { canvas } = this.#context;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
    }
    this.#all = true;
  }

  /** Takes the cells as they are now; those that differ are drawn with the next frame. */
  update(cells: readonly Cell[]): void {
    for (const [at, cell] of cells.entries()) {
      const before = this.#cells[at];
      if (
        before !== cell &&
        (before?.mark !== cell.mark || strength(before.filled) !== strength(cell.filled))
      )
        this.#dirty.add(at);
    }
    this.#cells = cells;
  }

  scrollTo(top: number): void {
    if (top === this.#top) return;
    this.#top = top;
    this.#all = true;
  }

  focus(position: number | null): void {
    for (const one of [this.#focus, position]) if (one !== null) this.#dirty.add(one);
    this.#focus = position;
  }

  /** Draws what has changed since the last frame. True where there was anything to draw. */
  draw(): boolean {
    const layout = this.#layout;
    if (layout === null || this.#colours === null || (!this.#all && this.#dirty.size === 0)) return false;
    const context = this.#context;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    let drawn = 0;
    if (this.#all) {
      context.clearRect(0, 0, this.#width, this.#height);
      for (const [from, to] of visibleCells(layout, this.#top, this.#height))
        for (let at = from; at < to; at++) drawn += this.#drawCell(layout, at);
      this.#drawHeadings(layout);
    } else for (const at of this.#dirty) drawn += this.#drawCell(layout, at);
    this.#drawFocus(layout);
    this.#all = false;
    this.#dirty.clear();
    this.work.frames++;
    this.work.cells += drawn;
    this.work.lastFrame = drawn;
    return true;
  }

  #drawCell(layout: GridLayout, at: number): number {
    const cell = this.#cells[at];
    const place = cellPlace(layout, at);
    if (cell === undefined || place === null) return 0;
    const y = place.y - this.#top;
    if (y + layout.pitch < 0 || y > this.#height) return 0;
    // The frame around a focused cell reaches into the gap, which is cleared with it.
    this.#context.clearRect(place.x - 2, y - 2, layout.cell + 4, layout.cell + 4);
    this.#context.drawImage(this.#sprite(cell, layout.cell), place.x, y, layout.cell, layout.cell);
    return 1;
  }

  #drawFocus(layout: GridLayout): void {
    const place = this.#focus === null ? null : cellPlace(layout, this.#focus);
    if (place === null || this.#colours === null) return;
    this.#context.strokeStyle = this.#colours.focus;
    this.#context.lineWidth = 2;
    const { cell } = layout;
    this.#context.strokeRect(place.x - 0.5, place.y - this.#top - 0.5, cell + 1, cell + 1);
  }

  #drawHeadings(layout: GridLayout): void {
    const context = this.#context;
    const colours = this.#colours;
    if (colours === null) return;
    context.textBaseline = "middle";
    for (const ring of layout.rings) {
      const y = ring.y - this.#top + (HEADING - 6) / 2;
      if (y < -HEADING || y > this.#height + HEADING) continue;
      context.font = `500 12px ${colours.font}`;
      context.fillStyle = colours.text;
      context.fillText(ring.ring, 0, y);
      const width = context.measureText(ring.ring).width;
      context.font = `400 12px ${colours.font}`;
      context.fillStyle = colours.quiet;
      context.fillText(
        `${ring.count.toLocaleString("en")} ${ring.count === 1 ? "tenant" : "tenants"}`,
        width + 8,
        y,
      );
    }
  }

  #sprite(cell: Cell, size: number): OffscreenCanvas {
    const step = strength(cell.filled);
    const key = `${cell.mark}${step}`;
    const known = this.#sprites.get(key);
    if (known !== undefined) return known;
    const canvas = new OffscreenCanvas(Math.ceil(size * this.#ratio), Math.ceil(size * this.#ratio));
    const context = canvas.getContext("2d");
    if (context !== null && this.#colours !== null)
      paintCell(context, this.#colours, cell.mark, step / STRENGTHS, size, this.#ratio);
    this.#sprites.set(key, canvas);
    return canvas;
  }
}

const strength = (filled: number): number => Math.round(Math.max(0, Math.min(1, filled)) * STRENGTHS);

function paintCell(
  context: OffscreenCanvasRenderingContext2D,
  colours: GridColours,
  mark: Mark,
  filled: number,
  size: number,
  ratio: number,
): void {
  const tone = colours.marks[mark];
  context.scale(ratio, ratio);
  context.beginPath();
  context.roundRect(0.5, 0.5, size - 1, size - 1, Math.min(4, size / 5));
  context.save();
  context.clip();
  context.fillStyle = mark === "to-come" ? colours.ground : tone.soft;
  context.fillRect(0, 0, size, size);
  // The fill rises from below: a full cell has every stage behind it.
  context.fillStyle = tone.line;
  context.globalAlpha = 0.75;
  context.fillRect(0, size * (1 - filled), size, size * filled);
  context.globalAlpha = 1;
  if (mark === "unknown") hatch(context, colours.line, size);
  context.restore();
  context.strokeStyle = mark === "to-come" ? colours.line : tone.line;
  context.lineWidth = 1;
  context.stroke();
  paintSymbol(context, mark, tone.solid, size);
}

function hatch(context: OffscreenCanvasRenderingContext2D, colour: string, size: number): void {
  context.strokeStyle = colour;
  context.beginPath();
  for (let x = -size; x < size; x += 4) {
    context.moveTo(x, size);
    context.lineTo(x + size, 0);
  }
  context.stroke();
}

function paintSymbol(
  context: OffscreenCanvasRenderingContext2D,
  mark: Mark,
  colour: string,
  size: number,
): void {
  const { stroke, fill, dashed } = MARK_PATHS[mark];
  const glyph = Math.min(16, size * 0.72);
  context.translate((size - glyph) / 2, (size - glyph) / 2);
  context.scale(glyph / 16, glyph / 16);
  if (fill !== undefined) {
    context.fillStyle = colour;
    context.fill(new Path2D(fill));
  }
  if (stroke === undefined) return;
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.lineCap = "round";
  context.lineJoin = "round";
  if (dashed) context.setLineDash([2.2, 2.6]);
  context.stroke(new Path2D(stroke));
}
