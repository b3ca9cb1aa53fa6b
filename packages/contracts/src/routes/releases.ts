import { Plan } from "@baton/core";
import { z } from "zod";
import { json } from "../route/answer.ts";
import { get, post } from "../route/route.ts";
import { AnyValue, InEnvironment, OfRelease, PlanHash, Reason, Time } from "../shapes/common.ts";
import { listOf } from "../shapes/paging.ts";
import { ProblemBody } from "../shapes/problem.ts";
import { RunBody } from "../shapes/run.ts";

const group = "Releases and plans";

export const ReleaseBody = z
  .strictObject({
    release: z.string(),
    from: z.string().nullable(),
    title: z.string(),
    channel: z.enum(["Beta", "Preview", "EA", "GA"]),
    author: z.string().nullable(),
    /**
     * `past` it was in service · `current` it is · `under-way` a run goes there or stopped half-way · `next` it follows the current one ·
     * `later` · `unknown`.
     */
    state: z.enum(["past", "current", "under-way", "next", "later", "unknown"]),
    /** The last run of it; null where there was none. */
    run: z.string().nullable(),
    services: z.array(z.strictObject({ service: z.string(), title: z.string(), version: z.string() })),
    phases: z.array(z.strictObject({ id: z.string(), title: z.string(), hold: z.boolean() })),
    /** What speaks against starting it now; empty: nothing does. Null: it does not come next, so nobody looked. */
    blockers: z.array(ProblemBody).nullable(),
    /** Of the plan that would be started now; null where there is none. */
    plan: z
      .strictObject({
        hash: z.string(),
        totalSeconds: z.number(),
        worstRollbackSeconds: z.number(),
        pointOfNoReturn: z.string().nullable(),
        tenants: z.int(),
        steps: z.int(),
      })
      .nullable(),
    /** When the blockers were looked for. */
    lookedAt: Time.nullable(),
  })
  .meta({
    id: "Release",
    description: "What changes from one state of the platform to the next, and where it stands.",
  });

export const PlanAnswer = z
  .strictObject({
    plan: Plan.meta({
      id: "Plan",
      description: "A release compiled for what is observed: a graph of typed steps with a hash.",
    }),
    /** Steps that decide how long it takes, in order. */
    criticalPath: z.array(z.string()),
    /** Per step: the earliest second it can start by the estimates, and how long it takes. */
    times: z.array(z.strictObject({ step: z.string(), startsAt: z.number(), seconds: z.number() })),
    behindHold: z.array(z.string()),
  })
  .meta({ id: "PlanAnswer" });

const PlanSide = z.strictObject({
  hash: z.string(),
  release: z.string(),
  from: z.string(),
  totalSeconds: z.number(),
});

export const PlanComparison = z
  .strictObject({
    a: PlanSide,
    b: PlanSide,
    /** True: what would be done is the same. */
    same: z.boolean(),
    added: z.array(z.string()),
    removed: z.array(z.string()),
    changed: z.array(
      z.strictObject({
        step: z.string(),
        /** Missing on a side: null. */
        fields: z.array(z.strictObject({ path: z.string(), a: AnyValue, b: AnyValue })),
      }),
    ),
    /** Fields of the plan itself. */
    plan: z.array(z.strictObject({ path: z.string(), a: AnyValue, b: AnyValue })),
  })
  .meta({ id: "PlanComparison", description: "What differs between two plans, step by step." });

const Side = z
  .string()
  .min(1)
  .max(100)
  .describe("A plan's hash, or a release's name for the plan that would be started now.");

export const releaseRoutes = {
  listReleases: get("listReleases", {
    path: "/v1/environments/{environment}/releases",
    group,
    summary:
      "Lists the releases from the first to the last, where each stands, and what blocks the start of the next.",
    needs: "view",
    params: InEnvironment,
    answer: json(listOf(ReleaseBody)),
  }),
  planRelease: get("planRelease", {
    path: "/v1/environments/{environment}/releases/{release}/plan",
    group,
    summary: "Compiles the plan of a release from what is observed right now.",
    needs: "view",
    params: OfRelease,
    query: z.strictObject({
      supersede: z
        .enum(["true", "false"])
        .default("false")
        .describe("The plan that takes the place of the run which stopped half-way: only what is left."),
    }),
    answer: json(PlanAnswer),
    problems: ["BATON-RELEASE-UNKNOWN", "BATON-PLAN-FROM", "BATON-PLAN-OBSERVED", "BATON-RUN-SUPERSEDE"],
  }),
  getPlan: get("getPlan", {
    path: "/v1/environments/{environment}/plans/{plan}",
    group,
    summary: "Gives the plan of a run, by its hash, as it is stored in the journal.",
    needs: "view",
    params: z.strictObject({ environment: z.string().min(1).max(200), plan: PlanHash }),
    answer: json(PlanAnswer),
    problems: ["BATON-API-PLAN"],
  }),
  comparePlans: get("comparePlans", {
    path: "/v1/environments/{environment}/plan-comparison",
    group,
    summary: "Compares two plans: what one would do and the other would not.",
    needs: "view",
    params: InEnvironment,
    query: z.strictObject({ a: Side, b: Side }),
    answer: json(PlanComparison),
    problems: ["BATON-API-PLAN", "BATON-RELEASE-UNKNOWN"],
  }),
  openRun: post("openRun", {
    path: "/v1/environments/{environment}/releases/{release}/runs",
    group: "Runs",
    summary:
      "Opens a run of the release's plan, by the hash that was looked at. Nothing begins before another person approves it.",
    needs: "operate",
    params: OfRelease,
    body: z.strictObject({
      planHash: PlanHash,
      reason: Reason.exactOptional(),
      /** Takes the place of the run that stopped half-way, from what is observed. */
      supersede: z.boolean().default(false),
    }),
    answer: json(z.strictObject({ run: RunBody }), 201),
    problems: [
      "BATON-APPROVAL-HASH",
      "BATON-RUN-OPEN",
      "BATON-RUN-UNFINISHED",
      "BATON-RUN-LOCKED",
      "BATON-RUN-SUPERSEDE",
    ],
  }),
};
