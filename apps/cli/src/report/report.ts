import { type JsonObject, Residue } from "@baton/core";
import { z } from "zod";

/** A figure that may be unknown. Null is never a silent zero: `unknown` of the report says why. */
const Figure = z.number().nonnegative().nullable();

const Latency = z.strictObject({ requests: z.int(), p50: Figure, p99: Figure }).nullable();

/** How much of one subject of a migration (`prompts`) is in the new shape, and was opened and compared there. */
export const SubjectFigures = z.strictObject({ total: Figure, encrypted: Figure, verified: Figure });
export type SubjectFigures = z.infer<typeof SubjectFigures>;

/** One step of the plan, as the run left it. */
export const ReportStep = z.strictObject({
  id: z.string(),
  phase: z.string(),
  kind: z.string(),
  title: z.string(),
  status: z.enum(["pending", "running", "succeeded", "failed", "undoing", "undone"]),
  units: z.strictObject({ total: z.int(), done: z.int(), parked: z.int() }),
  /** Null for a step that has not ended. */
  seconds: Figure,
  estimatedSeconds: z.number().nonnegative(),
});
export type ReportStep = z.infer<typeof ReportStep>;

/** What `baton start` says at its end, and `--json` prints: the run, its users, what changed. Format 1. */
export const Report = z.strictObject({
  format: z.literal(1),
  run: z.string(),
  platform: z.string(),
  environment: z.string(),
  release: z.string(),
  from: z.string(),
  planHash: z.string(),
  /** `holding` at a hold; an ended run's outcome; else how the run is. */
  outcome: z.string(),
  reason: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string().nullable(),
  writtenAt: z.string(),
  /** Seconds. */
  durations: z.strictObject({
    total: Figure,
    toHold: Figure,
    phases: z.record(z.string(), Figure),
  }),
  steps: z.array(ReportStep),
  requests: z.strictObject({ total: Figure, failed: Figure }),
  /** Milliseconds, as the users saw them. Null: no such window. */
  latency: z.strictObject({ before: Latency, during: Latency, after: Latency }),
  writes: z.strictObject({ acknowledged: Figure, lost: Figure }),
  /** By what the release's migrations change. */
  subjects: z.record(z.string(), SubjectFigures),
  /** Seconds. `measured`: of a rollback that was done, from the request to the old release in service. */
  rollback: z.strictObject({ estimated: Figure, measured: Figure }),
  /** What contracts left of the old shape, as they measured it; empty before a contract and after a rollback. */
  residue: z.array(
    Residue.extend({ step: z.string(), tenants: z.strictObject({ measured: z.int(), total: z.int() }) }),
  ),
  /** Ages of the newest proven backups when the report was written. Good: proven, and not older than a day. */
  backups: z.strictObject({
    verdict: z.enum(["good", "bad", "unknown"]),
    batonSeconds: Figure,
    /** Of the tenant whose newest proven backup is the oldest, among those that have one. */
    oldestTenantSeconds: Figure,
    /** What bringing all of them back took when it was tried. */
    restoreSeconds: Figure,
    tenants: z.strictObject({ total: z.int(), proven: z.int(), good: z.int() }).nullable(),
  }),
  journal: z.strictObject({ events: Figure, intact: z.boolean().nullable() }),
  /** Tenants that were left out, each with what kept it out. */
  parked: z.array(
    z.strictObject({
      tenant: z.string(),
      problem: z.strictObject({
        code: z.templateLiteral(["BATON-", z.string()]),
        message: z.string(),
        remedy: z.string(),
      }),
    }),
  ),
  /** What people skipped or brought about themselves, in words. */
  byHand: z.array(z.string()),
  /** Why a figure is null, by its path: `writes.lost`. */
  unknown: z.record(z.string(), z.string()),
});
/** What a run came to, for people and for programs. */
export type Report = z.infer<typeof Report>;

/**
 * The report as its JSON line: its fields, and each subject at the top besides (`prompts: {total, encrypted, verified}`). A
 * subject whose name is a field's stays under `subjects` only.
 */
export function reportJson(report: Report): JsonObject {
  return { ...report.subjects, ...report };
}
