import { z } from "zod";
import { json } from "../route/answer.ts";
import { get } from "../route/route.ts";
import { InEnvironment, Time } from "../shapes/common.ts";
import { listOf } from "../shapes/paging.ts";
import { ProblemBody } from "../shapes/problem.ts";

const group = "Environments";

export const EnvironmentBody = z
  .strictObject({
    environment: z.string(),
    platform: z.string(),
    title: z.string(),
    /** Whether whoever opened a run is kept from approving it. */
    separationOfDuties: z.boolean(),
  })
  .meta({ id: "Environment", description: "One place where a platform runs." });

const Health = z.enum([
  "starting",
  "healthy",
  "failed",
  "stopping",
  "running",
  "stopped",
  "external",
  "unknown",
]);

export const SurroundingsBody = z
  .strictObject({
    environment: z.string(),
    /** False: nothing runs. Null: nobody can say, and `problem` says why. */
    up: z.boolean().nullable(),
    problem: ProblemBody.nullable(),
    rings: z.array(z.string()),
    services: z.array(
      z.strictObject({
        instance: z.string(),
        service: z.string(),
        title: z.string(),
        version: z.string(),
        state: Health,
        restarts: z.int(),
      }),
    ),
    postgres: Health,
    keys: Health,
    /** The release in service; null while nobody can say. */
    release: z.string().nullable(),
    /** The run that goes on, else the last one; null where there never was one. */
    run: z.string().nullable(),
    /** The process that conducts here; null where none does. */
    conductor: z.strictObject({ pid: z.int(), command: z.string(), startedAt: z.string() }).nullable(),
    at: Time,
  })
  .meta({ id: "Surroundings", description: "What runs in an environment right now." });

export const environmentRoutes = {
  listEnvironments: get("listEnvironments", {
    path: "/v1/environments",
    group,
    summary: "Lists the environments this server conducts.",
    needs: "sign-in",
    answer: json(listOf(EnvironmentBody)),
  }),
  getSurroundings: get("getSurroundings", {
    path: "/v1/environments/{environment}",
    group,
    summary: "Tells what runs in an environment: services, database, key service, who conducts.",
    needs: "view",
    params: InEnvironment,
    answer: json(SurroundingsBody),
  }),
};
