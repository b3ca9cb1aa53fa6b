/** A ring's cells, as they follow each other. */
export interface RingSize {
  readonly ring: string;
  readonly count: number;
}

/** Where a ring's cells are. Pixels from the top of the whole grid. */
export interface RingPlace extends RingSize {
  /** Position of its first cell among all cells. */
  readonly first: number;
  /** Of its heading; the cells begin below it. */
  readonly y: number;
  readonly cellsY: number;
  readonly rows: number;
}

export interface GridLayout {
  readonly columns: number;
  /** From one cell to the next. */
  readonly pitch: number;
  readonly cell: number;
  readonly height: number;
  readonly rings: readonly RingPlace[];
}

export const HEADING = 26;
const RING_GAP = 10;
const GAP = 2;

/** How large a cell is: large while there are few, small enough for ten thousand. */
function cellSize(count: number): number {
  if (count <= 120) return 30;
  if (count <= 1_000) return 20;
  return count <= 4_000 ? 16 : 13;
}

/** Places all cells, grouped by ring, in rows of a width. */
export function layOutGrid(rings: readonly RingSize[], width: number): GridLayout {
  const total = rings.reduce((sum, ring) => sum + ring.count, 0);
  const cell = cellSize(total);
  const pitch = cell + GAP;
  const columns = Math.max(1, Math.floor((width + GAP) / pitch));
  const places: RingPlace[] = [];
  let y = 0;
  let first = 0;
  for (const { ring, count } of rings) {
    const rows = Math.ceil(count / columns);
    places.push({ ring, count, first, y, cellsY: y + HEADING, rows });
    y += HEADING + rows * pitch + RING_GAP;
    first += count;
  }
  return { columns, pitch, cell, height: Math.max(0, y - RING_GAP), rings: places };
}

/** Where a cell is; null where there is none of that position. */
export function cellPlace(
  layout: GridLayout,
  position: number,
): { readonly x: number; readonly y: number; readonly ring: RingPlace } | null {
  const ring = layout.rings.find(({ first, count }) => position >= first && position < first + count);
  if (ring === undefined) return null;
  const inRing = position - ring.first;
  const row = Math.floor(inRing / layout.columns);
  return { x: (inRing % layout.columns) * layout.pitch, y: ring.cellsY + row * layout.pitch, ring };
}

/** The cell under a point; null between cells. */
export function cellAt(layout: GridLayout, x: number, y: number): number | null {
  const ring = layout.rings.find(({ cellsY, rows }) => y >= cellsY && y < cellsY + rows * layout.pitch);
  const column = Math.floor(x / layout.pitch);
  if (ring === undefined || column < 0 || column >= layout.columns) return null;
  const inRing = Math.floor((y - ring.cellsY) / layout.pitch) * layout.columns + column;
  return inRing < ring.count ? ring.first + inRing : null;
}

/** Ranges of positions, `[from, to)`, whose rows reach into a window of the grid: all that has to be drawn. */
export function visibleCells(
  layout: GridLayout,
  top: number,
  height: number,
): readonly (readonly [number, number])[] {
  return layout.rings.flatMap((ring): readonly (readonly [number, number])[] => {
    const firstRow = Math.max(0, Math.floor((top - ring.cellsY) / layout.pitch));
    const lastRow = Math.min(ring.rows, Math.ceil((top + height - ring.cellsY) / layout.pitch));
    if (lastRow <= firstRow) return [];
    return [
      [ring.first + firstRow * layout.columns, ring.first + Math.min(ring.count, lastRow * layout.columns)],
    ];
  });
}

/** Where a key leads from a cell; null for any other key. */
export function walk(layout: GridLayout, position: number, key: string): number | null {
  const total = layout.rings.reduce((sum, ring) => sum + ring.count, 0);
  const within = (to: number) => Math.max(0, Math.min(total - 1, to));
  switch (key) {
    case "ArrowRight":
      return within(position + 1);
    case "ArrowLeft":
      return within(position - 1);
    case "ArrowDown":
    case "ArrowUp":
      return nextRow(layout, position, key === "ArrowDown" ? 1 : -1);
    case "PageDown":
      return within(position + layout.columns * 10);
    case "PageUp":
      return within(position - layout.columns * 10);
    case "Home":
      return 0;
    case "End":
      return within(total - 1);
    default:
      return null;
  }
}

/** The cell below or above, into the next ring where the own one ends. */
function nextRow(layout: GridLayout, position: number, by: 1 | -1): number {
  const here = cellPlace(layout, position);
  if (here === null) return position;
  const { ring } = here;
  const column = (position - ring.first) % layout.columns;
  const row = Math.floor((position - ring.first) / layout.columns) + by;
  if (row >= 0 && row < ring.rows)
    return ring.first + Math.min(ring.count - 1, row * layout.columns + column);
  const other = layout.rings[layout.rings.indexOf(ring) + by];
  if (other === undefined || other.count === 0) return position;
  const target = by === 1 ? 0 : other.rows - 1;
  return other.first + Math.min(other.count - 1, target * layout.columns + column);
}
