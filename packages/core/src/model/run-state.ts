import type { Map as PMap, Set as PSet } from "immutable";
import type { Json } from "../json.ts";
import type { Problem } from "../problem.ts";
import type { Actor } from "./event.ts";

/**
 * `pending` not begun · `intended` its intent is journaled, its outcome is not · `done` · `failed` and to be tried again ·
 * `spent` failed for good · `parked` keeps its old shape · `undoing` its undo is intended · `undone`.
 */
export type UnitStatus =
  | "pending"
  | "intended"
  | "done"
  | "failed"
  | "spent"
  | "parked"
  | "undoing"
  | "undone";

export interface UnitState {
  readonly status: UnitStatus;
  /** Rises with each redo after an undo, so that a redo is not mistaken for a duplicate. */
  readonly generation: number;
  /** Tries of the present direction that have failed so far. */
  readonly failures: number;
  readonly before: Json;
  readonly output: Json;
  readonly problem: Problem | null;
  /** When the last try failed (ms), for the backoff. */
  readonly failedAt: number | null;
  /** True where an intent of the forward direction was ever journaled: only those units need undoing. */
  readonly touched: boolean;
}

export type StepStatus = "pending" | "running" | "succeeded" | "failed" | "undoing" | "undone";

export interface StepState {
  readonly status: StepStatus;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Units that differ from a fresh `pending`; an absent unit is pending. */
  readonly units: PMap<string, UnitState>;
  readonly done: number;
  readonly parked: number;
  readonly touched: number;
  readonly undone: number;
}

export type RunStatus = "opened" | "running" | "rolling-back" | "ended";

/** The fold of a run's events. Persistent: a fork costs nothing, and a step of the fold shares all it did not change. */
export interface RunState {
  readonly run: string;
  readonly planHash: string;
  readonly status: RunStatus;
  readonly approvedBy: Actor | null;
  readonly steps: PMap<string, StepState>;
  /** Forward: steps whose dependencies have ended and that have not. Backward: steps whose dependants are undone and that are not. */
  readonly active: PSet<string>;
  /** How many of a step's dependencies (forward) or dependants (backward) are still open; absent = 0. */
  readonly open: PMap<string, number>;
  /** Tenants parked anywhere: later fan-outs leave them out. */
  readonly parked: PMap<string, Problem>;
  readonly waiting: { readonly step: string; readonly reason: string; readonly since: number } | null;
  readonly rollback: { readonly reason: string; readonly by: Actor | null; readonly at: number } | null;
  readonly ended: {
    readonly outcome: string;
    readonly reason: string;
    readonly next: readonly string[];
    readonly at: number;
  } | null;
  readonly startedAt: number | null;
  /** Time of the last event; `now` is never earlier. */
  readonly at: number;
}
