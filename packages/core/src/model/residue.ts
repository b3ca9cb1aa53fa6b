import { z } from "zod";

/**
 * What a contract leaves behind of the old shape in one place: rows that still hold it, the write-ahead log, backups. `gone` and
 * `there` were measured; what nobody could measure is `unknown`, also where a date is declared.
 */
export const Residue = z.strictObject({
  id: z.string(),
  title: z.string(),
  state: z.enum(["gone", "there", "unknown"]),
  /** What was found there: `0 rows`, `not measured: …`. */
  found: z.string(),
  /** Rows that still hold it; null where it is not kept in rows, or could not be counted. */
  rows: z.number().nullable(),
  /** When the last of it is gone, ISO 8601, UTC; null where no time can be told. */
  goneAt: z.string().nullable(),
  /** What the end depends on, in words. */
  until: z.string(),
  /** ISO 8601, UTC. */
  measuredAt: z.string(),
});
export type Residue = z.infer<typeof Residue>;
