import { z } from "zod";
import type { Json } from "../json.ts";
import type { Problem } from "../problem.ts";

/** Any JSON value, as a field of an event. */
export const AnyJson: z.ZodType<Json> = z.json();

/** A `Problem`, as a field of an event. */
export const AnyProblem: z.ZodType<Problem> = z.strictObject({
  code: z.templateLiteral(["BATON-", z.string()]),
  message: z.string(),
  remedy: z.string(),
  where: z
    .strictObject({
      file: z.string().exactOptional(),
      line: z.number().exactOptional(),
      column: z.number().exactOptional(),
      path: z.string().exactOptional(),
    })
    .exactOptional(),
  details: AnyJson.exactOptional(),
});

/**
 * Who did it: a person by a name the system knows, a service token, or Baton itself. `id` is there where somebody vouched for
 * it: a person's identity (issuer and subject), or the token's. Before there was sign-in nobody had one.
 */
export const Actor = z.strictObject({
  kind: z.enum(["person", "token", "baton"]),
  name: z.string(),
  via: z.string(),
  id: z.string().exactOptional(),
});
export type Actor = z.infer<typeof Actor>;

const Effect = { key: z.string(), step: z.string(), unit: z.string() };

/** One tenant's share of a step, or with null the whole step. */
const Share = { step: z.string(), tenant: z.string().nullable() };

/**
 * Everything that can happen to a run, version 1. An event is a fact: it never asks for anything.
 * Streams: `run/ID` holds events of the run and of steps with one unit; `run/ID/units/N` holds effects of fan-outs;
 * `run/ID/control` holds what people asked for (approval, pause, rollback …), appended without the conductor's lease.
 */
export const RunEvent = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("run.opened"),
    run: z.string(),
    platform: z.string(),
    environment: z.string(),
    release: z.string(),
    from: z.string(),
    planHash: z.string(),
    /** SHA-256 of the plan's stored bytes, estimates included, which the plan's own hash leaves out. */
    planBytes: z.string().exactOptional(),
    by: Actor,
  }),
  /** On the control stream. */
  z.strictObject({ type: z.literal("run.approved"), planHash: z.string(), by: Actor }),
  /** On the control stream. */
  z.strictObject({ type: z.literal("run.rollback-requested"), by: Actor, reason: z.string() }),
  /** On the control stream: a person lets the run past an approval gate. Counts only while that gate's step runs. */
  z.strictObject({ type: z.literal("hold.approved"), step: z.string(), by: Actor }),
  /** On the control stream: no effect and no step begins until `run.resumed`. */
  z.strictObject({ type: z.literal("run.paused"), by: Actor, reason: z.string() }),
  /** On the control stream. */
  z.strictObject({ type: z.literal("run.resumed"), by: Actor }),
  /** On the control stream: stop where the run is; what is under way comes to its outcome. */
  z.strictObject({ type: z.literal("run.abort-requested"), by: Actor, reason: z.string() }),
  /** On the control stream: stop at once; what is under way is aborted. */
  z.strictObject({ type: z.literal("run.emergency-stop-requested"), by: Actor, reason: z.string() }),
  /** On the control stream: new tries for a failed step, a parked tenant, or (both null) all there are. */
  z.strictObject({
    type: z.literal("run.retry-requested"),
    step: z.string().nullable(),
    tenant: z.string().nullable(),
    by: Actor,
  }),
  /** On the control stream: go on without a step that has no effect on data or traffic; one tenant's share of it, or all. */
  z.strictObject({ type: z.literal("step.skip-requested"), ...Share, by: Actor, reason: z.string() }),
  /** On the control stream: a person has brought an effect about. `observed` is what the action saw of it before this was said. */
  z.strictObject({
    type: z.literal("step.done-declared"),
    ...Share,
    by: Actor,
    evidence: z.string(),
    observed: z.string(),
  }),
  /** A skip or a declaration takes effect: what it names counts as done without an effect of the run's own. */
  z.strictObject({
    type: z.literal("step.settled"),
    ...Share,
    how: z.enum(["skipped", "done"]),
    by: Actor,
    reason: z.string(),
  }),
  /** On the control stream: take one tenant back while the others stay or go on. */
  z.strictObject({
    type: z.literal("tenant.rollback-requested"),
    tenant: z.string(),
    by: Actor,
    reason: z.string(),
  }),
  /** One tenant turns round: it is parked with this cause, and its effects are undone in reverse. */
  z.strictObject({ type: z.literal("tenant.rolling-back"), tenant: z.string(), problem: AnyProblem }),
  /** On the control stream: go no further than a ring, or one tenant of it; with null the whole way. */
  z.strictObject({
    type: z.literal("run.scope-set"),
    ring: z.string().nullable(),
    tenant: z.string().nullable(),
    by: Actor,
  }),
  /** Before its ring begins: the scope leaves this tenant out. It counts as parked with this cause. */
  z.strictObject({ type: z.literal("tenant.held-back"), tenant: z.string(), problem: AnyProblem }),
  /** The scope leaves this tenant out no more: it catches up. */
  z.strictObject({ type: z.literal("tenant.let-go"), tenant: z.string() }),
  /** A retry that was asked for takes effect: from here on tries count anew and tenants are no longer parked. */
  z.strictObject({
    type: z.literal("run.retried"),
    step: z.string().nullable(),
    tenant: z.string().nullable(),
  }),
  z.strictObject({ type: z.literal("run.started") }),
  z.strictObject({ type: z.literal("step.started"), step: z.string() }),
  /** Ahead of the effect. `before` is enough to bring back what was there; kept from the first try on. */
  z.strictObject({
    type: z.literal("effect.intended"),
    ...Effect,
    direction: z.enum(["do", "undo"]),
    before: AnyJson,
    /** Of an unfenced effect: how long each try may be at work, which a successor waits out. */
    deadlineMs: z.int().exactOptional(),
  }),
  z.strictObject({ type: z.literal("effect.done"), ...Effect, output: AnyJson }),
  z.strictObject({
    type: z.literal("effect.failed"),
    ...Effect,
    attempt: z.int(),
    problem: AnyProblem,
    final: z.boolean(),
  }),
  z.strictObject({ type: z.literal("unit.parked"), step: z.string(), unit: z.string(), problem: AnyProblem }),
  /** `units`: chain heads of the unit streams (stream → hash) when a fan-out ended, and their Merkle root. */
  z.strictObject({
    type: z.literal("step.ended"),
    step: z.string(),
    outcome: z.enum(["succeeded", "failed", "undone"]),
    units: z.strictObject({ root: z.string(), heads: z.record(z.string(), z.string()) }).nullable(),
  }),
  z.strictObject({ type: z.literal("run.rolling-back"), reason: z.string() }),
  /** The run waits for a person or a time at a step, said once when it begins to wait. */
  z.strictObject({ type: z.literal("run.waiting"), step: z.string(), reason: z.string() }),
  z.strictObject({
    type: z.literal("run.ended"),
    outcome: z.enum(["succeeded", "succeeded-with-parked", "rolled-back", "stopped", "needs-operator"]),
    reason: z.string(),
    /** Commands that lead on. */
    next: z.array(z.string()),
  }),
]);
export type RunEvent = z.infer<typeof RunEvent>;

/** An event as the journal holds it, with the time the journal's database gave it (milliseconds since 1970, UTC). */
export interface Recorded {
  readonly at: number;
  readonly event: RunEvent;
}
