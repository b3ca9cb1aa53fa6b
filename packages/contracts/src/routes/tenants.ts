import { Receipt } from "@baton/core";
import { z } from "zod";
import { json } from "../route/answer.ts";
import { get } from "../route/route.ts";
import { InEnvironment, OfRunTenant, OfTenant, Time } from "../shapes/common.ts";
import { listOf, Page } from "../shapes/paging.ts";
import { ProblemBody } from "../shapes/problem.ts";
import { TenantStanding } from "../shapes/run.ts";

const group = "Fleet";

export const TenantBody = z
  .strictObject({
    tenant: z.string(),
    ring: z.string(),
    database: z.string(),
    host: z.string(),
    /** The release that serves it, as far as the runs tell; null while it is between two, or where nobody can say. */
    release: z.string().nullable(),
    /** Versions that answer it, by service; null where the runs do not tell. */
    versions: z.array(z.strictObject({ service: z.string(), version: z.string() })).nullable(),
    /** The last run whose plan has it, and where it stands there; null where none has. */
    lastRun: z
      .strictObject({
        run: z.string(),
        release: z.string(),
        outcome: z.string().nullable(),
        standing: TenantStanding,
        /** The step it is in or was in last: the stage of its migration. */
        step: z.string().nullable(),
        stepTitle: z.string().nullable(),
        parked: ProblemBody.nullable(),
      })
      .nullable(),
    /** What its last run planned with and is otherwise now: its ring, its database or its host. */
    drift: z.array(
      z.strictObject({ what: z.enum(["ring", "database", "host"]), planned: z.string(), now: z.string() }),
    ),
    /** Whether a receipt can be had of its last run. */
    receipt: z.boolean(),
  })
  .meta({ id: "Tenant", description: "A customer of the platform, with a database and keys of its own." });

export const tenantRoutes = {
  listTenants: get("listTenants", {
    path: "/v1/environments/{environment}/tenants",
    group,
    summary: "Lists the tenants as observed now, ring by ring, with where each stands.",
    needs: "view",
    params: InEnvironment,
    query: z.strictObject({
      ...Page,
      limit: z.coerce.number().int().min(1).max(10_000).default(50).describe("How many items at the most."),
      ring: z.string().min(1).max(200).exactOptional().describe("Only tenants of this ring."),
    }),
    answer: json(listOf(TenantBody).extend({ total: z.int(), at: Time })),
    problems: ["BATON-API-CURSOR"],
  }),
  getTenant: get("getTenant", {
    path: "/v1/environments/{environment}/tenants/{tenant}",
    group,
    summary: "Tells of one tenant where it stands, and in which runs it was.",
    needs: "view",
    params: OfTenant,
    answer: json(
      z.strictObject({
        tenant: TenantBody,
        runs: z.array(
          z.strictObject({
            run: z.string(),
            release: z.string(),
            openedAt: Time,
            outcome: z.string().nullable(),
          }),
        ),
      }),
    ),
    problems: ["BATON-API-TENANT"],
  }),
  getReceipt: get("getReceipt", {
    path: "/v1/environments/{environment}/runs/{run}/tenants/{tenant}/receipt",
    group,
    summary: "Gives what a run did to one tenant, with a proof of each event up to a signed statement.",
    needs: "view",
    params: OfRunTenant,
    answer: json(Receipt.meta({ id: "Receipt" })),
    problems: ["BATON-RUN-UNKNOWN", "BATON-AUDIT-TENANT", "BATON-AUDIT-UNSIGNED"],
  }),
};
