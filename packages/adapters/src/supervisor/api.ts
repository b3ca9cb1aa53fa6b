import { InstanceId } from "@baton/core";
import { z } from "zod";

const Port = z.int().min(1).max(65_535);

/** An instance to run, as it crosses the wire; the shape of core's `InstanceSpec`. Templates are still unresolved. */
export const InstanceSpecBody = z.strictObject({
  id: InstanceId,
  service: z.string().min(1),
  version: z.string().min(1),
  command: z.array(z.string().min(1)).min(1),
  ports: z.record(z.string(), Port),
  env: z.record(z.string(), z.string()),
  health: z.strictObject({ path: z.string().startsWith("/"), timeoutSeconds: z.number().positive() }),
});

/** A program beside the services (the workload). With a port it counts as started when `/health` answers 200 there. */
export const HelperBody = z.strictObject({
  command: z.array(z.string().min(1)).min(1),
  env: z.record(z.string(), z.string()).default({}),
  port: Port.optional(),
});
export type HelperBody = z.input<typeof HelperBody>;

/** A program to run to its end (the seed). `name` names its log. */
export const RunBody = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,40}$/)
    .default("run"),
  command: z.array(z.string().min(1)).min(1),
  env: z.record(z.string(), z.string()).default({}),
});
export type RunBody = z.input<typeof RunBody>;

/** How a program ended: `exitCode` null where a signal ended it; `tail` is the end of its log, secrets removed. */
export const RunOutcome = z.object({ exitCode: z.int().nullable(), tail: z.array(z.string()) });
export type RunOutcome = z.infer<typeof RunOutcome>;

const ProcessState = z.enum(["starting", "healthy", "failed", "stopping"]);

/** An instance as the supervisor reports it; the shape of core's `Instance`. */
export const InstanceBody = z.object({
  id: InstanceId,
  service: z.string(),
  version: z.string(),
  state: ProcessState,
  digest: z.string(),
  pid: z.int().nullable(),
  urls: z.record(z.string(), z.string()),
  restarts: z.int(),
  spec: InstanceSpecBody,
});

/** A helper as the supervisor reports it; `url` is null where it has no port. */
export const HelperState = z.object({
  name: z.string(),
  state: ProcessState,
  pid: z.int().nullable(),
  url: z.string().nullable(),
  restarts: z.int(),
});
export type HelperState = z.infer<typeof HelperState>;

/** What `GET /v1/state` answers. It holds no secret. */
export const SupervisorState = z.object({
  pid: z.int(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  /** `starting` until PostgreSQL, the key service and what ran before are up again. */
  phase: z.enum(["starting", "ready", "stopping"]),
  platformDir: z.string(),
  stateDir: z.string(),
  postgres: z.object({
    /** `external` where DATABASE_URL named a server of the user's. */
    state: z.enum(["starting", "running", "restarting", "external"]),
    port: z.int().nullable(),
    pid: z.int().nullable(),
    restarts: z.int(),
  }),
  /** Which of the platform's further servers the environment named; on the others the platform's own stands in. */
  servers: z.array(z.string()).default([]),
  keys: z.object({ url: z.string(), state: ProcessState, pid: z.int().nullable(), restarts: z.int() }),
  instances: z.array(InstanceBody),
  helpers: z.array(HelperState),
  /** Names of the secrets this supervisor generated because they were absent. */
  generated: z.array(z.string()),
  /** Ports that were taken: what was wanted and what it became. */
  moved: z.array(z.object({ name: z.string(), wanted: z.int(), got: z.int() })),
});
export type SupervisorState = z.infer<typeof SupervisorState>;

/** What `.baton/supervisor.json` (0600) holds: where the supervisor listens and the token it asks for. */
export const SupervisorAddress = z.object({
  url: z.string(),
  token: z.string().min(16),
  pid: z.int().positive(),
});
export type SupervisorAddress = z.infer<typeof SupervisorAddress>;

/** The body of every refusal: problems as values. */
export const ProblemsBody = z.object({
  problems: z
    .array(
      z.object({
        code: z.templateLiteral(["BATON-", z.string()]),
        message: z.string(),
        remedy: z.string(),
        details: z.json().optional(),
      }),
    )
    .min(1),
});
