import type { PlanIndex, PlanPhase, PlanStep } from "@baton/core";

/** A step, or a folded phase, where it is drawn. Pixels. */
export interface Box {
  /** A step's id, or `phase:ID` of a folded phase. */
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly step: PlanStep | null;
  readonly phase: PlanPhase;
}

/** A line from one box to another that waits for it. */
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly path: string;
  readonly critical: boolean;
}

/** One or more phases above each other: an open one alone, folded ones together. */
export interface Column {
  readonly phases: readonly PlanPhase[];
  readonly x: number;
  readonly width: number;
  readonly hold: boolean;
  readonly folded: boolean;
}

export interface PlanLayout {
  readonly width: number;
  readonly height: number;
  readonly columns: readonly Column[];
  readonly boxes: readonly Box[];
  readonly edges: readonly Edge[];
  /** Where the double line of the point of no return goes; null where there is none. */
  readonly noReturn: { readonly x: number; readonly y: number; readonly width: number } | null;
}

const CARD = { width: 160, height: 48, gapX: 12, gapY: 14 } as const;
const COLUMN_GAP = 32;
const TOP = 64;
const PADDING = 16;
/** Folded phases above each other in one column: a hundred rings are some columns, not a hundred. */
const STACK = 6;

/**
 * Where everything of a plan is drawn: a column a phase from left to right, inside it a step below what it waits for, steps that do
 * not wait for each other side by side. Lines go down inside a phase and to the right between phases.
 */
export function layOut(index: PlanIndex, folded: ReadonlySet<string>): PlanLayout {
  const boxes = new Map<string, Box>();
  const columns: Column[] = [];
  let x = PADDING;
  for (const group of groupPhases(index.plan.phases, folded)) {
    const [first] = group;
    if (first === undefined) continue;
    const isFolded = folded.has(first.id);
    const width = isFolded ? placeFolded(boxes, group, x) : placeOpen(boxes, index, first, x);
    columns.push({ phases: group, x, width, hold: first.hold, folded: isFolded });
    x += width + COLUMN_GAP;
  }
  const bottom = Math.max(TOP, ...[...boxes.values()].map((box) => box.y + box.height));
  return {
    width: Math.max(0, x - COLUMN_GAP) + PADDING,
    height: bottom + PADDING,
    columns,
    boxes: [...boxes.values()],
    edges: drawEdges(index, boxes, folded),
    noReturn: noReturnOf(index, boxes),
  };
}

/** The box a step is drawn in: its own, or its folded phase's. */
const boxOf = (step: PlanStep, folded: ReadonlySet<string>): string =>
  folded.has(step.phase) ? `phase:${step.phase}` : step.id;

function groupPhases(
  phases: readonly PlanPhase[],
  folded: ReadonlySet<string>,
): readonly (readonly PlanPhase[])[] {
  const groups: PlanPhase[][] = [];
  for (const phase of phases) {
    const last = groups.at(-1);
    const [head] = last ?? [];
    const together =
      head !== undefined &&
      last !== undefined &&
      folded.has(phase.id) &&
      folded.has(head.id) &&
      !phase.hold &&
      !head.hold &&
      last.length < STACK;
    if (together) last.push(phase);
    else groups.push([phase]);
  }
  return groups;
}

function placeFolded(boxes: Map<string, Box>, phases: readonly PlanPhase[], x: number): number {
  const height = CARD.height + 20;
  for (const [at, phase] of phases.entries())
    boxes.set(`phase:${phase.id}`, {
      id: `phase:${phase.id}`,
      x,
      y: TOP + at * (height + CARD.gapY),
      width: CARD.width,
      height,
      step: null,
      phase,
    });
  return CARD.width;
}

function placeOpen(boxes: Map<string, Box>, index: PlanIndex, phase: PlanPhase, x: number): number {
  const rows = rowsOf(index, phase);
  const widest = Math.max(1, ...rows.map((row) => row.length));
  for (const [at, row] of rows.entries())
    for (const [beside, step] of row.entries())
      boxes.set(step.id, {
        id: step.id,
        x: x + beside * (CARD.width + CARD.gapX),
        y: TOP + at * (CARD.height + CARD.gapY),
        width: CARD.width,
        height: CARD.height,
        step,
        phase,
      });
  return widest * CARD.width + (widest - 1) * CARD.gapX;
}

/** The most steps side by side; more of the same depth go below each other. */
const BESIDE = 2;

/** A phase's steps by how many of its own steps stand in front of each. */
function rowsOf(index: PlanIndex, phase: PlanPhase): readonly (readonly PlanStep[])[] {
  const own = new Set(phase.steps);
  const depths = new Map<string, number>();
  const levels: PlanStep[][] = [];
  for (const id of index.order) {
    const step = index.steps.get(id);
    if (step === undefined || !own.has(id)) continue;
    const depth = 1 + Math.max(-1, ...step.after.map((before) => depths.get(before) ?? -1));
    depths.set(id, depth);
    levels[depth] = [...(levels[depth] ?? []), step];
  }
  return levels.flatMap((level) =>
    Array.from({ length: Math.ceil(level.length / BESIDE) }, (_, at) =>
      level.slice(at * BESIDE, (at + 1) * BESIDE),
    ),
  );
}

function drawEdges(
  index: PlanIndex,
  boxes: ReadonlyMap<string, Box>,
  folded: ReadonlySet<string>,
): readonly Edge[] {
  const path = index.plan.estimates.criticalPath;
  const critical = new Set(path.slice(1).map((id, at) => `${path[at]}>${id}`));
  const edges = new Map<string, Edge>();
  for (const step of index.plan.steps)
    for (const before of step.after) {
      const source = index.steps.get(before);
      if (source === undefined) continue;
      const [from, to] = [boxes.get(boxOf(source, folded)), boxes.get(boxOf(step, folded))];
      if (from === undefined || to === undefined || from === to) continue;
      const key = `${from.id}>${to.id}`;
      const heavy = critical.has(`${before}>${step.id}`) || edges.get(key)?.critical === true;
      edges.set(key, { from: from.id, to: to.id, path: lineBetween(from, to), critical: heavy });
    }
  // The critical path is drawn last, over the others.
  return [...edges.values()].sort((a, b) => Number(a.critical) - Number(b.critical));
}

function lineBetween(from: Box, to: Box): string {
  if (to.x <= from.x + from.width && to.y > from.y) {
    const [x1, y1] = [from.x + from.width / 2, from.y + from.height];
    const [x2, y2] = [to.x + to.width / 2, to.y];
    const middle = (y1 + y2) / 2;
    return x1 === x2 ? `M${x1} ${y1}V${y2}` : `M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}`;
  }
  const [x1, y1] = [from.x + from.width, from.y + from.height / 2];
  const [x2, y2] = [to.x, to.y + to.height / 2];
  const bend = Math.max(18, Math.min(60, (x2 - x1) / 2));
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function noReturnOf(index: PlanIndex, boxes: ReadonlyMap<string, Box>): PlanLayout["noReturn"] {
  const id = index.plan.estimates.pointOfNoReturn;
  const step = id === null ? undefined : index.steps.get(id);
  const box = step && (boxes.get(step.id) ?? boxes.get(`phase:${step.phase}`));
  return box === undefined ? null : { x: box.x - 8, y: box.y - 9, width: box.width + 16 };
}

/** Which phases a plan of this size begins folded with: what people can still read at once stays open. */
export function foldedAtFirst(index: PlanIndex): ReadonlySet<string> {
  if (index.plan.steps.length <= 60) return new Set();
  const rings = index.plan.phases.filter((phase) => phase.ring !== null);
  // The first ring stays open, as the pattern of the others.
  const closed = new Set(rings.slice(1).map((phase) => phase.id));
  for (const phase of index.plan.phases) if (phase.steps.length > 60) closed.add(phase.id);
  return closed;
}
