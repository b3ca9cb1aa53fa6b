import { z } from "zod";
import { ReleaseLimits, ReleaseService } from "./release.ts";
import { Tenant } from "./tenant.ts";

/**
 * How a step is taken back. `instant`: at once, whole. `lossless`: whole, but it takes its time. `inert`: nothing to take
 * back. `none`: it cannot be taken back, so it must stand behind a hold.
 */
export const UndoClass = z.enum(["instant", "lossless", "inert", "none"]);
export type UndoClass = z.infer<typeof UndoClass>;

/** What protects the target from a conductor that woke up too late; see the design, "Effect classes answer the zombie". */
export const EffectClass = z.enum(["fenced", "compare-and-set", "convergent", "unfenced"]);
export type EffectClass = z.infer<typeof EffectClass>;

/** Name of a step's only unit when it does not fan out. */
export const SOLE_UNIT = "-";

export const PlanStep = z.strictObject({
  /** `phase.step`, unique in the plan. */
  id: z.string(),
  phase: z.string(),
  kind: z.string(),
  title: z.string(),
  /** Ids of the steps that must have ended before this one starts. */
  after: z.array(z.string()),
  /** Valid by the schema of `kind`; templates already filled except `${tenant}` in fan-outs and what the rim resolves. */
  input: z.record(z.string(), z.json()),
  /** Tenant ids in order, or `[SOLE_UNIT]`. */
  units: z.array(z.string()).min(1),
  fanOut: z.boolean(),
  undo: UndoClass,
  effect: EffectClass,
  /** Seconds for the whole step at the plan's limits, forward and back. Estimates: not hashed. */
  seconds: z.number(),
  undoSeconds: z.number(),
});
export type PlanStep = z.infer<typeof PlanStep>;

export const PlanPhase = z.strictObject({
  id: z.string(),
  title: z.string(),
  ring: z.string().nullable(),
  hold: z.boolean(),
  steps: z.array(z.string()),
});
export type PlanPhase = z.infer<typeof PlanPhase>;

/** Something the plan takes for granted; a person reads `text`, drift detection compares `value`. */
export const Assumption = z.strictObject({ subject: z.string(), value: z.json(), text: z.string() });
export type Assumption = z.infer<typeof Assumption>;

export const Plan = z.strictObject({
  format: z.literal(1),
  platform: z.string(),
  environment: z.string(),
  release: z.string(),
  from: z.string(),
  /** The run that stopped half-way and whose place a run of this plan takes. */
  supersedes: z.string().exactOptional(),
  title: z.string(),
  author: z.string().nullable(),
  /** SHA-256, hex, over the canonical bytes of everything here but `hash`, `estimates` and the seconds of steps. */
  hash: z.string(),
  rings: z.array(z.string()),
  tenants: z.array(Tenant),
  /** Services this release brings, by name. */
  services: z.record(z.string(), ReleaseService),
  /** Migrations by name: folder relative to the platform folder, and digest of its files. */
  migrations: z.record(z.string(), z.strictObject({ path: z.string(), digest: z.string() })),
  limits: ReleaseLimits,
  /** Minutes a rollback may take, up to the hold and behind it; missing in plans made before there were two. */
  budgets: z.strictObject({ rollbackMinutes: z.number(), rollbackAfterHoldMinutes: z.number() }).optional(),
  onFailure: z.enum(["rollback", "wait"]),
  onParked: z.enum(["finish", "wait"]),
  phases: z.array(PlanPhase),
  steps: z.array(PlanStep),
  assumptions: z.array(Assumption),
  estimates: z.strictObject({
    totalSeconds: z.number(),
    criticalPath: z.array(z.string()),
    /** Worst rollback from any step before the hold. */
    worstRollbackSeconds: z.number(),
    /** First step that cannot be taken back losslessly; null when there is none. */
    pointOfNoReturn: z.string().nullable(),
  }),
});
/** A DAG of typed steps: printed, hashed, approved and executed as it is. */
export type Plan = z.infer<typeof Plan>;
