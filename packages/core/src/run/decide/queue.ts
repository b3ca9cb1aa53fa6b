import type { Command } from "../../model/command.ts";
import type { RunState, StepState, UnitState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { stepState, unitState } from "../accessors.ts";
import { dueAt } from "../backoff.ts";
import { performCommand } from "./commands.ts";
import type { Slots } from "./slots.ts";

interface Entry {
  /** Since when it may be worked on. */
  readonly since: number;
  readonly step: string;
  /** One unit to be tried again; null for all of the step's fresh ones. */
  readonly unit: string | null;
}

/**
 * Effects to be under way, first come first served, as far as there is room, and when the next try falls due.
 *
 * The place in the line depends on nothing that happens while a unit is worked on, and whoever comes later stands behind: so
 * what was asked for once stays asked for until it has an outcome, and the limits hold although the state does not know which
 * commands are already in somebody's hands.
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
    const units = entry.unit === null ? freshUnits(index, step, entry.step, direction) : [entry.unit];
    for (const id of units) {
      if (slots.full()) break;
      if (!slots.take(id)) continue;
      commands.push(performCommand(state, entry.step, id, unitState(step, id), direction));
    }
  }
  return wakeAt === null ? commands : [...commands, { kind: "wake", at: wakeAt }];
}

function entriesOf(
  index: PlanIndex,
  state: RunState,
  steps: Iterable<string>,
  direction: "do" | "undo",
  now: number,
): { readonly entries: readonly Entry[]; readonly wakeAt: number | null } {
  const retries: Entry[] = [];
  const fresh: (Entry & { readonly turn: number })[] = [];
  let wakeAt: number | null = null;
  for (const id of steps) {
    const step = stepState(state, id);
    fresh.push({ since: step.queuedAt ?? 0, step: id, unit: null, turn: step.turn });
    for (const unit of step.failing) {
      const present = unitState(step, unit);
      if (present.direction !== direction) continue;
      const since = dueAt(index.plan.limits, present);
      if (since <= now) retries.push({ since, step: id, unit });
      else wakeAt = Math.min(wakeAt ?? since, since);
    }
  }
  // Sorting is stable: at the same moment retries stand first, since they were there before the step was queued.
  fresh.sort((a, b) => a.turn - b.turn);
  const entries: Entry[] = [...retries, ...fresh];
  return { entries: entries.sort((a, b) => a.since - b.since), wakeAt };
}

function* freshUnits(
  index: PlanIndex,
  step: StepState,
  id: string,
  direction: "do" | "undo",
): Generator<string> {
  const units = index.steps.get(id)?.units ?? [];
  const isFresh = direction === "do" ? isFreshDo : isFreshUndo;
  for (let position = step.cursor; position < units.length; position++) {
    const unit = units[position];
    if (unit !== undefined && isFresh(unitState(step, unit))) yield unit;
  }
}

const isFreshDo = (unit: UnitState): boolean =>
  unit.failedAt === null && (unit.status === "pending" || unit.status === "intended");

const isFreshUndo = (unit: UnitState): boolean =>
  unit.touched &&
  (unit.direction === "do"
    ? unit.status === "done" || unit.status === "spent" || unit.status === "parked"
    : unit.failedAt === null && unit.status === "undoing");
