import { OrderedSet, Map as PMap } from "immutable";
import type { RunState, StepState, UnitState } from "../model/run-state.ts";

const FRESH_UNIT: UnitState = {
  status: "pending",
  direction: "do",
  intended: false,
  generation: 0,
  failures: 0,
  before: null,
  output: null,
  problem: null,
  failedAt: null,
  touched: false,
};

const FRESH_STEP: StepState = {
  status: "pending",
  startedAt: null,
  endedAt: null,
  undoneAt: null,
  approvedBy: null,
  skipped: false,
  units: PMap(),
  done: 0,
  parked: 0,
  touched: 0,
  undone: 0,
  queuedAt: null,
  turn: 0,
  cursor: 0,
  underWay: OrderedSet(),
  failing: OrderedSet(),
  spent: OrderedSet(),
};

/** A step's state; a step the state does not hold is pending. */
export const stepState = (state: RunState, step: string): StepState => state.steps.get(step) ?? FRESH_STEP;

/** A unit's state; a unit the step does not hold is pending. */
export const unitState = (step: StepState, unit: string): UnitState => step.units.get(unit) ?? FRESH_UNIT;

/** The state with one step changed. */
export const withStep = (state: RunState, id: string, change: Partial<StepState>): RunState => ({
  ...state,
  steps: state.steps.set(id, { ...stepState(state, id), ...change }),
});

/** Whether the unit's present try has neither succeeded nor failed for good, and its intent is journaled. */
export const isUnderWay = (unit: UnitState): boolean =>
  unit.intended && (unit.status === "intended" || unit.status === "undoing" || unit.status === "failed");

/** Whether the step was begun in this run: only those are taken back. */
export const isBegun = (step: StepState): boolean => step.status !== "pending";

/** Whether a unit's undo may be under way: its step's turn has come on the way back, or its tenant goes back alone. */
export const mayUndo = (state: RunState, step: string, unit: string): boolean =>
  state.status === "rolling-back" ? state.active.has(step) : state.goingBack.get(unit)?.step === step;
