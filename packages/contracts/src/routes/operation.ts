import { z } from "zod";
import { json } from "../route/answer.ts";
import { get, post } from "../route/route.ts";
import { InEnvironment, OfIntegration, Seconds, Time } from "../shapes/common.ts";
import { ProblemBody } from "../shapes/problem.ts";

const StandingBody = z.strictObject({
  subject: z.string(),
  verdict: z.enum(["good", "bad", "unknown"]),
  takenAt: Time.nullable(),
  ageSeconds: Seconds.nullable(),
  restoreSeconds: Seconds.nullable(),
  why: z.string(),
});

export const BackupsBody = z
  .strictObject({
    baton: StandingBody,
    tenants: z.array(StandingBody),
    restoreSeconds: Seconds.nullable(),
    verdict: z.enum(["good", "bad", "unknown"]),
  })
  .meta({ id: "Backups", description: "How the backups stand. Unknown is never good." });

const Sample = z.strictObject({
  at: Time,
  /** Requests a second and failed ones a second, since the sample before. */
  perSecond: z.number(),
  failedPerSecond: z.number(),
  /** Milliseconds, of the window under way; null where nothing was measured. */
  p50: z.number().nullable(),
  p99: z.number().nullable(),
});

export const TrafficBody = z
  .strictObject({
    /** Null: nobody can say, and `reason` says why. No data is shown as no data. */
    now: z
      .strictObject({
        running: z.boolean(),
        requests: z.strictObject({ total: z.int(), failed: z.int() }),
        writes: z.strictObject({ acknowledged: z.int() }),
        windows: z.record(
          z.string(),
          z.strictObject({
            requests: z.int(),
            failed: z.int(),
            p50: z.number().nullable(),
            p99: z.number().nullable(),
            seconds: Seconds,
          }),
        ),
      })
      .nullable(),
    reason: z.string().nullable(),
    /** One a second while the server looks, the oldest first. A gap in `at` is a time nobody knows of. */
    samples: z.array(Sample),
  })
  .meta({ id: "Traffic", description: "What the users at work see of the platform." });

export const IntegrationBody = z
  .strictObject({
    integration: z.string(),
    title: z.string(),
    /** What Baton uses it for. */
    purpose: z.string(),
    /** Where it is, without secrets; null where that is not one place. */
    address: z.string().nullable(),
  })
  .meta({ id: "Integration", description: "Something outside that Baton works with." });

export const IntegrationTest = z
  .strictObject({
    integration: z.string(),
    works: z.boolean(),
    /** What was done and found, in a sentence. */
    said: z.string(),
    problem: ProblemBody.nullable(),
    milliseconds: z.number(),
    at: Time,
  })
  .meta({ id: "IntegrationTest" });

export const operationRoutes = {
  getTraffic: get("getTraffic", {
    path: "/v1/environments/{environment}/traffic",
    group: "Operation",
    summary:
      "Tells what the users at work see: requests, failures, latencies, the last quarter of an hour of it.",
    needs: "view",
    params: InEnvironment,
    query: z.strictObject({
      since: z.coerce.number().int().min(0).exactOptional().describe("Only samples behind this time."),
    }),
    answer: json(TrafficBody),
  }),
  getBackups: get("getBackups", {
    path: "/v1/environments/{environment}/backups",
    group: "Operation",
    summary: "Tells how the backups of Baton and of each tenant stand.",
    needs: "view",
    params: InEnvironment,
    answer: json(BackupsBody),
  }),
  listIntegrations: get("listIntegrations", {
    path: "/v1/environments/{environment}/integrations",
    group: "Operation",
    summary: "Lists what Baton works with outside of itself.",
    needs: "view",
    params: InEnvironment,
    answer: json(z.strictObject({ items: z.array(IntegrationBody) })),
  }),
  testIntegration: post("testIntegration", {
    path: "/v1/environments/{environment}/integrations/{integration}/test",
    group: "Operation",
    summary: "Tries one of them right now. Changes nothing there.",
    needs: "operate",
    params: OfIntegration,
    body: z.strictObject({}),
    answer: json(IntegrationTest),
    problems: ["BATON-API-INTEGRATION"],
  }),
};
