import { z } from "zod";
import { json, stream } from "../route/answer.ts";
import { get } from "../route/route.ts";
import {
  ActorBody,
  AnyValue,
  InEnvironment,
  OfRun,
  OfRunTenant,
  OfStep,
  Seconds,
  Time,
} from "../shapes/common.ts";
import { EventBody } from "../shapes/event.ts";
import { listOf, Page, PageQuery } from "../shapes/paging.ts";
import { ProblemBody } from "../shapes/problem.ts";
import { RunBody, StepStatus, TenantStanding } from "../shapes/run.ts";

const group = "Runs";

export const ListedRun = z
  .strictObject({
    run: z.string(),
    release: z.string(),
    from: z.string(),
    planHash: z.string(),
    openedAt: Time,
    openedBy: ActorBody,
    /** How it ended; null while it goes on. */
    outcome: z.string().nullable(),
    endedAt: Time.nullable(),
    /** What only the run's own events tell; null where they cannot be read, and `problem` says why. */
    told: z
      .strictObject({
        status: z.string(),
        reason: z.string().nullable(),
        waitsFor: z.string().nullable(),
        approvedBy: ActorBody.nullable(),
        startedAt: Time.nullable(),
        seconds: Seconds.nullable(),
        steps: z.strictObject({ total: z.int(), ended: z.int() }),
        rollback: z
          .strictObject({
            reason: z.string(),
            by: ActorBody.nullable(),
            at: Time,
            seconds: Seconds.nullable(),
          })
          .nullable(),
        parked: z.array(z.strictObject({ tenant: z.string(), problem: ProblemBody })),
        figures: z
          .strictObject({
            requests: z.strictObject({ total: z.number().nullable(), failed: z.number().nullable() }),
            writes: z.strictObject({ acknowledged: z.number().nullable(), lost: z.number().nullable() }),
          })
          .nullable(),
      })
      .nullable(),
    problem: ProblemBody.nullable(),
  })
  .meta({ id: "ListedRun" });

const UnitCounts = z.strictObject({
  total: z.int(),
  done: z.int(),
  parked: z.int(),
  underWay: z.int(),
  failing: z.int(),
  spent: z.int(),
  touched: z.int(),
  undone: z.int(),
});

export const RunStepBody = z
  .strictObject({
    step: z.string(),
    phase: z.string(),
    kind: z.string(),
    title: z.string(),
    after: z.array(z.string()),
    status: StepStatus,
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
    undoneAt: Time.nullable(),
    /** What the plan estimates. */
    plannedSeconds: Seconds,
    undoSeconds: Seconds,
    undo: z.enum(["instant", "lossless", "inert", "none"]),
    fanOut: z.boolean(),
    hold: z.boolean(),
    behindHold: z.boolean(),
    approvedBy: ActorBody.nullable(),
    skipped: z.boolean(),
    units: UnitCounts,
    /** What the last failure was, of any of its units; null where none failed. */
    problem: ProblemBody.nullable(),
  })
  .meta({ id: "RunStep", description: "A step of the plan, as the run left it." });

const UnitBody = z.strictObject({
  unit: z.string(),
  status: z.enum(["pending", "intended", "done", "failed", "spent", "parked", "undoing", "undone"]),
  direction: z.enum(["do", "undo"]),
  generation: z.int(),
  failures: z.int(),
  touched: z.boolean(),
  before: AnyValue,
  output: AnyValue,
  problem: ProblemBody.nullable(),
  /** Passing figures of an effect under way; null where there are none. Not part of the truth. */
  progress: AnyValue,
});

/** Columns of equal length, one entry a tenant, so that ten thousand stay small. Numbers in `ring`, `standing` and `step` point into the lists beside. */
export const RunTenantsBody = z
  .strictObject({
    run: z.string(),
    position: z.int(),
    at: Time,
    rings: z.array(z.string()),
    standings: z.array(TenantStanding),
    steps: z.array(z.strictObject({ step: z.string(), title: z.string() })),
    tenants: z.strictObject({
      id: z.array(z.string()),
      ring: z.array(z.int()),
      standing: z.array(z.int()),
      /** The step it is in, or was in last; -1 before the first. */
      step: z.array(z.int()),
    }),
    problems: z.array(z.strictObject({ tenant: z.string(), problem: ProblemBody })),
  })
  .meta({ id: "RunTenants" });

export const RunTenantBody = z
  .strictObject({
    run: z.string(),
    tenant: z.string(),
    ring: z.string(),
    standing: TenantStanding,
    parked: ProblemBody.nullable(),
    steps: z.array(
      z.strictObject({
        step: z.string(),
        title: z.string(),
        status: UnitBody.shape.status,
        direction: UnitBody.shape.direction,
        failures: z.int(),
        problem: ProblemBody.nullable(),
        progress: AnyValue,
      }),
    ),
  })
  .meta({ id: "RunTenant" });

/** What a stream of a run says beside its events, at most a few times a second. */
export const StreamSummary = z
  .strictObject({
    /** `unknown`: the journal cannot be read now, and `problem` says why; what was shown before may no longer hold. */
    state: z.enum(["known", "unknown"]),
    problem: ProblemBody.nullable(),
    run: RunBody.nullable(),
    /** Tenants that stand elsewhere than at the summary before: id, standing and step, as in `RunTenants`. */
    tenants: z.array(z.strictObject({ id: z.string(), standing: z.int(), step: z.int() })),
    /** Passing figures by effect key. */
    progress: z.record(z.string(), AnyValue),
  })
  .meta({ id: "StreamSummary" });

const EventsQuery = z.strictObject({
  ...Page,
  step: z.string().min(1).max(200).exactOptional().describe("Only events of this step."),
  tenant: z.string().min(1).max(200).exactOptional().describe("Only events of this tenant."),
});

export const runRoutes = {
  listRuns: get("listRuns", {
    path: "/v1/environments/{environment}/runs",
    group,
    summary: "Lists all runs of an environment, the newest first.",
    needs: "view",
    params: InEnvironment,
    query: PageQuery,
    answer: json(listOf(ListedRun)),
    problems: ["BATON-API-CURSOR"],
  }),
  getRun: get("getRun", {
    path: "/v1/environments/{environment}/runs/{run}",
    group,
    summary:
      "Tells how a run stands: what it does, what it waits for and whom, what is left, what a rollback would cost.",
    needs: "view",
    params: OfRun,
    answer: json(RunBody),
    problems: ["BATON-RUN-UNKNOWN"],
  }),
  listRunSteps: get("listRunSteps", {
    path: "/v1/environments/{environment}/runs/{run}/steps",
    group,
    summary: "Lists the steps of a run's plan with what became of each.",
    needs: "view",
    params: OfRun,
    answer: json(listOf(RunStepBody)),
    problems: ["BATON-RUN-UNKNOWN"],
  }),
  getRunStep: get("getRunStep", {
    path: "/v1/environments/{environment}/runs/{run}/steps/{step}",
    group,
    summary: "Opens a step: its input, what it does, and its units with their outcomes.",
    needs: "view",
    params: OfStep,
    query: PageQuery,
    answer: json(
      z.strictObject({
        step: RunStepBody,
        input: z.record(z.string(), AnyValue),
        effect: z.enum(["fenced", "compare-and-set", "convergent", "unfenced"]),
        /** What its kind does, in words. */
        does: z.string(),
        units: listOf(UnitBody),
      }),
    ),
    problems: ["BATON-RUN-UNKNOWN", "BATON-RUN-NO-STEP", "BATON-API-CURSOR"],
  }),
  getRunTenants: get("getRunTenants", {
    path: "/v1/environments/{environment}/runs/{run}/tenants",
    group,
    summary: "Tells of every tenant of a run where it stands, in columns.",
    needs: "view",
    params: OfRun,
    answer: json(RunTenantsBody),
    problems: ["BATON-RUN-UNKNOWN"],
  }),
  getRunTenant: get("getRunTenant", {
    path: "/v1/environments/{environment}/runs/{run}/tenants/{tenant}",
    group,
    summary: "Tells of one tenant of a run what became of its share of each step.",
    needs: "view",
    params: OfRunTenant,
    answer: json(RunTenantBody),
    problems: ["BATON-RUN-UNKNOWN", "BATON-RUN-NO-TENANT"],
  }),
  listRunEvents: get("listRunEvents", {
    path: "/v1/environments/{environment}/runs/{run}/events",
    group,
    summary: "Lists a run's events in the order of their positions; the cursor is a position.",
    needs: "view",
    params: OfRun,
    query: EventsQuery,
    answer: json(listOf(EventBody)),
    problems: ["BATON-RUN-UNKNOWN", "BATON-API-CURSOR"],
  }),
  streamRun: get("streamRun", {
    path: "/v1/environments/{environment}/runs/{run}/stream",
    group,
    summary:
      "Follows a run: each of its events under its own type as it is journaled, with its position as id, and `summary`. Goes on behind `Last-Event-ID`; without one it begins behind the present.",
    needs: "view",
    params: OfRun,
    query: z.strictObject({
      after: z.coerce
        .number()
        .int()
        .min(0)
        .exactOptional()
        .describe("Begin behind this position, where there is no `Last-Event-ID`."),
    }),
    answer: stream({ summary: StreamSummary, event: EventBody }),
    problems: ["BATON-RUN-UNKNOWN"],
  }),
};
