import { Residue, type RunSummary } from "@baton/core";
import { z } from "zod";
import { ActorBody, Seconds, Time } from "./common.ts";
import { ProblemBody } from "./problem.ts";

const RunStatus = z.enum(["opened", "running", "rolling-back", "ended"]);
export const StepStatus = z.enum(["pending", "running", "succeeded", "failed", "undoing", "undone"]);
export const TenantStanding = z.enum(["pending", "running", "done", "parked", "undoing", "undone"]);

const TenantCounts = {
  total: z.int(),
  pending: z.int(),
  running: z.int(),
  done: z.int(),
  parked: z.int(),
  undoing: z.int(),
  undone: z.int(),
};

const Said = { reason: z.string(), by: ActorBody, at: Time };

const PhaseSummary = z.strictObject({
  phase: z.string(),
  title: z.string(),
  ring: z.string().nullable(),
  hold: z.boolean(),
  status: z.enum(["pending", "running", "waiting", "succeeded", "failed", "undoing", "undone"]),
  steps: z.strictObject({
    total: z.int(),
    ended: z.int(),
    running: z.int(),
    failed: z.int(),
    undone: z.int(),
  }),
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
  seconds: Seconds,
});

const CurrentStep = z.strictObject({
  step: z.string(),
  phase: z.string(),
  kind: z.string(),
  title: z.string(),
  status: StepStatus,
  startedAt: Time.nullable(),
  seconds: Seconds,
  units: z.strictObject({
    total: z.int(),
    done: z.int(),
    parked: z.int(),
    underWay: z.int(),
    failing: z.int(),
    touched: z.int(),
    undone: z.int(),
  }),
});

const summary = {
  run: z.string(),
  planHash: z.string(),
  release: z.string(),
  from: z.string(),
  environment: z.string(),
  status: RunStatus,
  outcome: z.string().nullable(),
  explanation: z.strictObject({
    waitingFor: z.string(),
    who: z.string().nullable(),
    since: Time.nullable(),
    next: z.array(z.string()),
  }),
  approvedBy: ActorBody.nullable(),
  phases: z.array(PhaseSummary),
  rings: z.array(z.strictObject({ ring: z.string(), ...TenantCounts })),
  tenants: z.strictObject({
    ...TenantCounts,
    problems: z.array(z.strictObject({ tenant: z.string(), problem: ProblemBody })),
  }),
  steps: z.strictObject({ total: z.int(), ended: z.int(), failed: z.int() }),
  current: z.array(CurrentStep),
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
  elapsedSeconds: Seconds,
  toHoldSeconds: Seconds.nullable(),
  toEndSeconds: Seconds.nullable(),
  rollbackSeconds: Seconds.nullable(),
  rollbackRefusal: ProblemBody.nullable(),
  paused: z.strictObject(Said).nullable(),
  stop: z.strictObject({ ...Said, emergency: z.boolean() }).nullable(),
  scope: z
    .strictObject({ ring: z.string(), tenant: z.string().nullable(), by: ActorBody, at: Time })
    .nullable(),
  byHand: z.array(
    z.strictObject({
      ...Said,
      how: z.enum(["skipped", "done"]),
      step: z.string(),
      tenant: z.string().nullable(),
    }),
  ),
  refused: z.strictObject({ problem: ProblemBody, by: ActorBody, at: Time }).nullable(),
  anomalies: z.strictObject({
    count: z.int(),
    last: z.strictObject({ at: Time, type: z.string(), reason: z.string() }).nullable(),
  }),
};
/** Core's `RunSummary` as it crosses the wire; that the two agree is checked by the type. */
export const RunSummaryBody: z.ZodType<RunSummary> = z.strictObject(summary);

/** A run as it stands at a position of the journal. */
export const RunBody = z
  .strictObject({
    ...summary,
    /** The state is that of the journal up to here; a stream that begins behind it misses nothing. */
    position: z.int(),
    /** When this was told, by the journal's clock. */
    at: Time,
    title: z.string(),
    openedBy: ActorBody,
    openedAt: Time,
    waiting: z.strictObject({ step: z.string(), reason: z.string(), since: Time }).nullable(),
    ended: z
      .strictObject({ outcome: z.string(), reason: z.string(), next: z.array(z.string()), at: Time })
      .nullable(),
    rollback: z.strictObject({ reason: z.string(), by: ActorBody.nullable(), at: Time }).nullable(),
    residue: z.array(
      Residue.extend({ step: z.string(), tenants: z.strictObject({ measured: z.int(), total: z.int() }) }),
    ),
    /** Who drives it right now; null when nobody does. */
    drivenBy: z.strictObject({ owner: z.string(), since: Time.nullable() }).nullable(),
  })
  .meta({ id: "Run", description: "A run as it stands." });
export type RunBody = z.infer<typeof RunBody>;
