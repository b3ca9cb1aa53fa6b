import { z } from "zod";
import { Name, ReleaseName, Version } from "./ids.ts";
import { Argv, Template } from "./platform.ts";

/** Inclusive range of a numbered contract version. */
const Range = z.union([z.int().min(0), z.tuple([z.int().min(0), z.int().min(0)])]);

/** One version of a service as a release brings it. */
export const ReleaseService = z.strictObject({
  version: Version,
  command: Argv,
  /** Overrides the platform's preferred ports, so that two versions can run side by side. */
  ports: z.record(Name, z.int().min(1).max(65_535)).optional(),
  env: z.record(z.string(), Template).default({}),
  health: z.strictObject({
    path: z.string().startsWith("/"),
    timeoutSeconds: z.number().positive().default(30),
  }),
  /** Contract versions this version offers (API, events, schema stages) and needs of others. */
  offers: z.record(z.string(), Range).default({}),
  needs: z.record(z.string(), Range).default({}),
});

/** A step as people write it. `with` is checked against the schema of its kind. */
export const ReleaseStep = z.strictObject({
  id: Name,
  title: z.string().optional(),
  kind: z.string().min(1),
  /** Steps of the same phase, or `phase.step` of another, that must have ended. Default: the step before. */
  after: z.array(z.string().min(1)).optional(),
  /** Fan out over every tenant of the phase's ring (of the platform, in a phase without ring). */
  each: z.literal("tenants").optional(),
  with: z.record(z.string(), z.json()).default({}),
  /** Declared durations, until measured ones are there. Seconds per unit. */
  seconds: z.number().nonnegative().optional(),
});

export const ReleasePhase = z.strictObject({
  id: Name,
  title: z.string().optional(),
  /** `rings` repeats the phase once a ring, in order; its name becomes the ring's. */
  each: z.literal("rings").optional(),
  /** A hold: what follows is slow or impossible to take back. */
  hold: z.boolean().default(false),
  /** Phases that must have ended. Default: the phase before. */
  after: z.array(Name).optional(),
  steps: z.array(ReleaseStep).min(1),
});

export const ReleaseLimits = z.strictObject({
  /** Units of a fan-out at work at the same time, and of those on one database host. */
  units: z.int().min(1).default(4),
  perHost: z.int().min(1).default(4),
  /** Tries of one unit, first included, before it is parked (fan-out) or the step fails. */
  attempts: z.int().min(1).default(4),
  backoffSeconds: z.number().positive().default(1),
  /** Parked units a fan-out may have before the step fails. */
  failureBudget: z.int().min(0).default(0),
});

export const Release = z.strictObject({
  release: ReleaseName,
  title: z.string().min(1),
  channel: z.enum(["Beta", "Preview", "EA", "GA"]),
  /** The release this one follows; the first release has none. */
  from: ReleaseName.optional(),
  /** Who wrote it; matters where duties are separated. */
  author: z.string().optional(),
  services: z.record(Name, ReleaseService).default({}),
  /** Migrations by name: folder relative to this file. */
  migrations: z.record(Name, z.string().min(1)).default({}),
  limits: ReleaseLimits.prefault({}),
  /** What the run does when a step fails for good before the hold. */
  onFailure: z.enum(["rollback", "wait"]).default("wait"),
  /** How the run ends while units are parked. */
  onParked: z.enum(["finish", "wait"]).default("wait"),
  budgets: z
    .strictObject({
      windowMinutes: z.number().positive().optional(),
      /** From every step up to the hold. */
      rollbackMinutes: z.number().positive().default(15),
      /** Once what stands behind the hold is done: a contract is taken back row by row. */
      rollbackAfterHoldMinutes: z.number().positive().default(120),
    })
    .prefault({}),
  phases: z.array(ReleasePhase).default([]),
});
/** A release as people write it: services, migrations and the steps that bring them about. */
export type Release = z.infer<typeof Release>;
export type ReleaseService = z.infer<typeof ReleaseService>;
export type ReleasePhase = z.infer<typeof ReleasePhase>;
export type ReleaseStep = z.infer<typeof ReleaseStep>;
export type ReleaseLimits = z.infer<typeof ReleaseLimits>;
