import { z } from "zod";
import { Actor, AnyJson, AnyProblem } from "../model/event.ts";
import type { RunStatus, StepStatus, UnitStatus } from "../model/run-state.ts";

const UNIT: readonly UnitStatus[] = [
  "pending",
  "intended",
  "done",
  "failed",
  "spent",
  "parked",
  "undoing",
  "undone",
];
const STEP: readonly StepStatus[] = ["pending", "running", "succeeded", "failed", "undoing", "undone"];
const RUN: readonly RunStatus[] = ["opened", "running", "rolling-back", "ended"];

const time = z.number().nullable();
const ids = z.array(z.string());

const Unit = z.strictObject({
  status: z.enum(UNIT),
  direction: z.enum(["do", "undo"]),
  intended: z.boolean(),
  generation: z.int(),
  failures: z.int(),
  before: AnyJson,
  output: AnyJson,
  problem: AnyProblem.nullable(),
  failedAt: time,
  touched: z.boolean(),
});

const Step = z.strictObject({
  status: z.enum(STEP),
  startedAt: time,
  endedAt: time,
  undoneAt: time,
  approvedBy: Actor.nullable(),
  skipped: z.boolean(),
  units: z.array(z.tuple([z.string(), Unit])),
  done: z.int(),
  parked: z.int(),
  touched: z.int(),
  undone: z.int(),
  queuedAt: time,
  turn: z.int(),
  cursor: z.int(),
  underWay: ids,
  failing: ids,
  spent: ids,
});

const Settled = {
  how: z.enum(["skipped", "done"]),
  step: z.string(),
  tenant: z.string().nullable(),
  reason: z.string(),
  by: Actor,
};

const Said = z.strictObject({ reason: z.string(), by: Actor, at: z.number() });

/** A run's state as a snapshot holds it. Sets and maps are lists; lists that have an order keep it. */
export const SnapshotState = z.strictObject({
  version: z.literal(5),
  run: z.string(),
  planHash: z.string(),
  status: z.enum(RUN),
  approvedBy: Actor.nullable(),
  steps: z.array(z.tuple([z.string(), Step])),
  active: ids,
  failed: ids,
  remaining: z.int(),
  open: z.array(z.tuple([z.string(), z.int()])),
  parked: z.array(z.tuple([z.string(), AnyProblem])),
  returning: ids,
  reopened: ids,
  paused: Said.nullable(),
  stop: Said.extend({ emergency: z.boolean() }).nullable(),
  asked: z.array(
    z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("retry"),
        step: z.string().nullable(),
        tenant: z.string().nullable(),
      }),
      z.strictObject({ kind: z.literal("settle"), ...Settled }),
      z.strictObject({ kind: z.literal("tenant-back"), tenant: z.string(), problem: AnyProblem }),
    ]),
  ),
  scope: z
    .strictObject({ ring: z.string(), tenant: z.string().nullable(), by: Actor, at: z.number() })
    .nullable(),
  goingBack: z.array(
    z.tuple([z.string(), z.strictObject({ step: z.string().nullable(), since: z.number() })]),
  ),
  byHand: z.array(z.strictObject({ ...Settled, at: z.number() })),
  waiting: z.strictObject({ step: z.string(), reason: z.string(), since: z.number() }).nullable(),
  rollback: z.strictObject({ reason: z.string(), by: Actor.nullable(), at: z.number() }).nullable(),
  refused: z.strictObject({ problem: AnyProblem, by: Actor, at: z.number() }).nullable(),
  ended: z.strictObject({ outcome: z.string(), reason: z.string(), next: ids, at: z.number() }).nullable(),
  openedAt: time,
  startedAt: time,
  turns: z.int(),
  anomalies: z.strictObject({
    count: z.int(),
    last: z.strictObject({ at: z.number(), type: z.string(), reason: z.string() }).nullable(),
  }),
  at: z.number(),
});
export type SnapshotState = z.infer<typeof SnapshotState>;
