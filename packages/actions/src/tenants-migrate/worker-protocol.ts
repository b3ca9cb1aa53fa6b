import { z } from "zod";

/** Any JSON value, as zod sees it. */
const JsonValue = z.json();

/** The one line that Baton writes to a worker's input. It holds secrets, which is why it goes neither by arguments nor environment. */
export const WorkerOrder = z.strictObject({
  /** The module's path and the name of the function it exports. */
  module: z.string(),
  function: z.string(),
  /** Null for a function that computes and needs no database. */
  connection: z.string().nullable(),
  migration: z.string(),
  key: z.string(),
  epoch: z.number(),
  tenant: z.strictObject({ id: z.string(), database: z.string() }),
  parameters: z.record(z.string(), z.string()),
  secrets: z.record(z.string(), z.string()),
  settings: z.record(z.string(), z.string()),
  options: z.record(z.string(), JsonValue),
});
export type WorkerOrder = z.infer<typeof WorkerOrder>;

/** A line a worker writes to its output. */
export const WorkerLine = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("progress"), figures: z.record(z.string(), z.number()) }),
  z.strictObject({ type: z.literal("result"), value: JsonValue }),
  z.strictObject({
    type: z.literal("problem"),
    /** The error's own code, where it has one (SQLSTATE, `vault.unavailable`, `BATON-…`). */
    code: z.string().nullable(),
    message: z.string(),
    details: JsonValue,
  }),
]);
export type WorkerLine = z.infer<typeof WorkerLine>;
