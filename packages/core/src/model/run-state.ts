import type { OrderedSet, Map as PMap } from "immutable";
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
  /** Direction of the present or last try. */
  readonly direction: "do" | "undo";
  /** True where the intent of the present direction is journaled. */
  readonly intended: boolean;
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
  readonly undoneAt: number | null;
  /** Who let the run past this step, where it is an approval gate. */
  readonly approvedBy: Actor | null;
  /** True where a person skipped the whole step. */
  readonly skipped: boolean;
  /** Units that differ from a fresh `pending`; an absent unit is pending. */
  readonly units: PMap<string, UnitState>;
  readonly done: number;
  readonly parked: number;
  readonly touched: number;
  readonly undone: number;
  /** Since when its units may be worked on in the present direction (ms), and its turn among steps of that moment. */
  readonly queuedAt: number | null;
  readonly turn: number;
  /** Units before this position need nothing more in the present direction. */
  readonly cursor: number;
  /** Units whose intent is journaled and whose outcome is not final. */
  readonly underWay: OrderedSet<string>;
  /** Units that failed at least once and are to be tried again. */
  readonly failing: OrderedSet<string>;
  /** Units that failed for good and are not parked. */
  readonly spent: OrderedSet<string>;
}

export type RunStatus = "opened" | "running" | "rolling-back" | "ended";

/** Something a person said about a run, by whom and when. */
export interface Said {
  readonly reason: string;
  readonly by: Actor;
  readonly at: number;
}

/** A request that was noted; `decide` makes a fact of it, so that no event is judged by a state its writer had not seen. */
export interface AskedRetry {
  readonly kind: "retry";
  readonly step: string | null;
  readonly tenant: string | null;
}

/** The same of a skip or a declaration. */
export interface AskedSettle extends Omit<ByHand, "at"> {
  readonly kind: "settle";
}

/** A ring, or one tenant of it, that a run goes no further than. Steps behind and beside it do not start. */
export interface RunScope {
  readonly ring: string;
  /** Null: all tenants of the ring. */
  readonly tenant: string | null;
  readonly by: Actor;
  readonly at: number;
}

/** The same of one tenant's rollback. */
export interface AskedTenantBack {
  readonly kind: "tenant-back";
  readonly tenant: string;
  readonly problem: Problem;
}

/** A skip or a declaration that an effect was brought about by hand. */
export interface ByHand extends Said {
  readonly how: "skipped" | "done";
  readonly step: string;
  /** Null for the whole step. */
  readonly tenant: string | null;
}

/** The fold of a run's events. Persistent: a fork costs nothing, and a step of the fold shares all it did not change. */
export interface RunState {
  readonly run: string;
  readonly planHash: string;
  readonly status: RunStatus;
  readonly approvedBy: Actor | null;
  readonly steps: PMap<string, StepState>;
  /** Forward: steps whose dependencies have ended and that have not. Backward: steps whose dependants are undone and that are not. */
  readonly active: OrderedSet<string>;
  /** Steps that ended failed. */
  readonly failed: OrderedSet<string>;
  /** How many steps have not ended (forward). */
  readonly remaining: number;
  /** How many of a step's dependencies (forward) or dependants (backward) are still open; absent = 0. */
  readonly open: PMap<string, number>;
  /** Tenants parked anywhere: later fan-outs leave them out. */
  readonly parked: PMap<string, Problem>;
  /** Tenants that were parked and catch up: their fresh units wait until all that was opened again before them has ended. */
  readonly returning: OrderedSet<string>;
  /** Steps that had ended without a tenant that catches up, and those behind them, until they have ended again. */
  readonly reopened: OrderedSet<string>;
  /** Nothing begins while this is set. */
  readonly paused: Said | null;
  /** A person wants the run to stop where it is: `emergency` aborts what is under way. */
  readonly stop: (Said & { readonly emergency: boolean }) | null;
  /** Requests that were noted and have not taken effect, in order. */
  readonly asked: readonly (AskedRetry | AskedSettle | AskedTenantBack)[];
  /** How far the run may go; null: the whole way. */
  readonly scope: RunScope | null;
  /** Tenants that are being taken back alone: the step whose effect is next, null while something of theirs is still stopped. */
  readonly goingBack: PMap<string, { readonly step: string | null; readonly since: number }>;
  /** What was skipped or brought about by hand, in order. */
  readonly byHand: readonly ByHand[];
  readonly waiting: { readonly step: string; readonly reason: string; readonly since: number } | null;
  readonly rollback: { readonly reason: string; readonly by: Actor | null; readonly at: number } | null;
  /** The last request for a rollback or a retry that was refused. */
  readonly refused: { readonly problem: Problem; readonly by: Actor; readonly at: number } | null;
  readonly ended: {
    readonly outcome: string;
    readonly reason: string;
    readonly next: readonly string[];
    readonly at: number;
  } | null;
  readonly openedAt: number | null;
  readonly startedAt: number | null;
  /** How many times a step was queued; gives each its turn. */
  readonly turns: number;
  /** Events that did not fit and changed nothing: how many, and the last. A sound run has none. */
  readonly anomalies: {
    readonly count: number;
    readonly last: { readonly at: number; readonly type: string; readonly reason: string } | null;
  };
  /** Time of the last event; `now` is never earlier. */
  readonly at: number;
}
