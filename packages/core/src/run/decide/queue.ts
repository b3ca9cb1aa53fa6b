import type { Command } from "../../model/command.ts";
import type { RunState, UnitState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { dueAt } from "../backoff.ts";
import { mayBeTriedNow } from "../still-wanted.ts";
import { performCommand } from "./commands.ts";
import type { Slots } from "./slots.ts";

interface Entry {
  /** Since when it may be worked on. */
  readonly since: number;
  readonly step: string;
  /** One unit that is under way or to be tried again; null for all of the step's fresh ones. */
  readonly unit: string | null;
  readonly direction: "do" | "undo";
}

/**
 * Effects to be under way, first come first served, as far as there is room, and when the next try falls due.
 *
 * Units whose intent is journaled and whose first try has no outcome are at work and stand first. Else the place in the line
 * depends on nothing that happens while a unit is worked on, and whoever comes later stands behind: so what was asked for once
 * stays asked for until it has an outcome, and the limits hold although the state does not know which commands are already in
 * somebody's hands. While the run is paused only what had begun before is asked for.
 */
export function queuedCommands(
  index: PlanIndex,
  state: RunState,
  steps: Iterable<string>,
  slots: Slots,
  now: number,
): readonly Command[] {
  const direction = state.status === "rolling-back" ? "undo" : "do";
  const commands: Command[] = [];
  const { entries, wakeAt } = entriesOf(index, state, steps, direction, now);
  for (const entry of entries) {
    if (slots.full()) break;
    const step = stepState(state, entry.step);
    const units = entry.unit === null ? freshUnits(index, state, entry.step, direction) : [entry.unit];
    for (const id of units) {
      if (slots.full()) break;
      if (!slots.take(id)) continue;
      commands.push(performCommand(state, entry.step, id, unitState(step, id), entry.direction));
    }
  }
  return wakeAt === null ? commands : [...commands, { kind: "wake", at: wakeAt }];
}

interface Line {
  readonly entries: Entry[];
  wakeAt: number | null;
}

function entriesOf(
  index: PlanIndex,
  state: RunState,
  steps: Iterable<string>,
  direction: "do" | "undo",
  now: number,
): Line {
  const retries: Line = { entries: [], wakeAt: null };
  const fresh: (Entry & { readonly turn: number })[] = [];
  for (const id of steps) {
    const step = stepState(state, id);
    for (const unit of step.underWay)
      if (isFirstTry(unitState(step, unit), direction))
        retries.entries.push({ since: Number.NEGATIVE_INFINITY, step: id, unit, direction });
    if (state.paused === null)
      fresh.push({ since: step.queuedAt ?? 0, step: id, unit: null, direction, turn: step.turn });
    addRetries(retries, index, state, id, direction, now);
  }
  for (const [tenant, { step, since }] of state.goingBack)
    if (step !== null && !isUsual(state, step, tenant))
      addUndo(retries, index, state, { step, tenant, since }, now);
  // Sorting is stable: at the same moment retries stand first, since they were there before the step was queued.
  fresh.sort((a, b) => a.turn - b.turn);
  const entries: Entry[] = [...retries.entries, ...fresh];
  return { entries: entries.sort((a, b) => a.since - b.since), wakeAt: retries.wakeAt };
}

function addRetries(
  line: Line,
  index: PlanIndex,
  state: RunState,
  id: string,
  direction: "do" | "undo",
  now: number,
): void {
  const step = stepState(state, id);
  for (const unit of step.failing) {
    const present = unitState(step, unit);
    if (present.direction !== direction || !mayBeTriedNow(state, id, unit)) continue;
    const since = dueAt(index.plan.limits, present);
    // A try that fell due before the pause may be at work.
    if (state.paused !== null && !(present.intended && since <= state.paused.at)) continue;
    addWhenDue(line, { since, step: id, unit, direction }, now);
  }
}

/** Whether this undo stands in the line like any other: the whole run goes back, and it had begun or its turn is still to come. */
const isUsual = (state: RunState, step: string, tenant: string): boolean =>
  state.status === "rolling-back" &&
  (!state.active.has(step) || unitState(stepState(state, step), tenant).direction === "undo");

/** What is undone next of a tenant that goes back alone. */
function addUndo(
  line: Line,
  index: PlanIndex,
  state: RunState,
  { step, tenant, since }: { readonly step: string; readonly tenant: string; readonly since: number },
  now: number,
): void {
  const present = unitState(stepState(state, step), tenant);
  const entry = { step, unit: tenant, direction: "undo" as const };
  const began = present.direction === "undo";
  if (began && present.status === "spent") return;
  if (began && isFirstTry(present, "undo") && present.intended)
    line.entries.push({ ...entry, since: Number.NEGATIVE_INFINITY });
  else {
    const due = began ? dueAt(index.plan.limits, present) : since;
    if (state.paused !== null && !(began && present.intended && due <= state.paused.at)) return;
    addWhenDue(line, { ...entry, since: due }, now);
  }
}

function addWhenDue(line: Line, entry: Entry, now: number): void {
  if (entry.since <= now) line.entries.push(entry);
  else line.wakeAt = Math.min(line.wakeAt ?? entry.since, entry.since);
}

const isFirstTry = (unit: UnitState, direction: "do" | "undo"): boolean =>
  unit.direction === direction && unit.failedAt === null;

function* freshUnits(
  index: PlanIndex,
  state: RunState,
  id: string,
  direction: "do" | "undo",
): Generator<string> {
  const step = stepState(state, id);
  const units = index.steps.get(id)?.units ?? [];
  const isFresh = direction === "do" ? isFreshDo : isFreshUndo;
  for (let position = step.cursor; position < units.length; position++) {
    const unit = units[position];
    if (unit === undefined || state.goingBack.get(unit)?.step === id) continue;
    if (isFresh(unitState(step, unit))) yield unit;
  }
}

const isFreshDo = (unit: UnitState): boolean => unit.status === "pending";

const isFreshUndo = (unit: UnitState): boolean =>
  unit.touched &&
  unit.direction === "do" &&
  (unit.status === "done" || unit.status === "spent" || unit.status === "parked");
