/**
 * What goes wrong with one try of one unit.
 *
 * `before-unreadable`: what is there now cannot be read, so nothing is intended. `before-effect`, `half-way`, `after-effect`: the
 * try fails with nothing, part or all of it in the world (the last is a lost acknowledgement). `for-good`: it fails in a way no
 * retry helps. `crash-…`: the conductor dies there. `outcome-lost`: the effect is there, its outcome was never journaled, the
 * conductor lives on.
 */
export type FaultKind =
  | "before-unreadable"
  | "before-effect"
  | "half-way"
  | "after-effect"
  | "for-good"
  | "crash-before-effect"
  | "crash-half-way"
  | "crash-after-effect"
  | "outcome-lost";

export const FAULT_KINDS: readonly FaultKind[] = [
  "before-unreadable",
  "before-effect",
  "half-way",
  "after-effect",
  "for-good",
  "crash-before-effect",
  "crash-half-way",
  "crash-after-effect",
  "outcome-lost",
];

export interface Fault {
  readonly step: string;
  readonly unit: string;
  readonly direction: "do" | "undo";
  readonly kind: FaultKind;
  /** How many tries it befalls; null: every one. */
  readonly times: number | null;
}

/**
 * What people say to a run beside a rollback; `retry-step` and `retry-tenant` name one that failed, `skip` and `done` any share of a
 * step that is open. Before a `done` the effect is there.
 */
export const VERBS = [
  "pause",
  "resume",
  "abort",
  "emergency-stop",
  "retry",
  "retry-step",
  "retry-tenant",
  "skip",
  "done",
  "tenant-back",
  "scope",
] as const;
export type Verb = (typeof VERBS)[number];

/** What happens to a simulated run beside the plan. The same script gives the same run. */
export interface Script {
  /** Draws latencies, and what a stopped or crashed effect left in the world. */
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** The conductor dies when so many events are journaled, and starts again from the journal. */
  readonly crashesAt: readonly number[];
  /** Somebody asks for a rollback when so many events are journaled, or when nothing moves any more before that. */
  readonly rollbacksAt: readonly number[];
  /** Somebody says this when so many events are journaled, or when nothing moves any more before that. */
  readonly verbs: readonly { readonly at: number; readonly verb: Verb }[];
  readonly approve: boolean;
  /** Whether somebody approves the gates the run comes to. */
  readonly approveGates: boolean;
}

/** A run on which nothing goes wrong and everybody agrees. */
export const calm: Script = {
  seed: 1,
  faults: [],
  crashesAt: [],
  rollbacksAt: [],
  verbs: [],
  approve: true,
  approveGates: true,
};
