import type pg from "pg";
import { errorCode } from "../core/database-error.ts";

/** The migration whose stage says how this release keeps prompts. */
export const MIGRATION = "encrypt-prompts";

/** Stages of that migration in their order. */
const STAGES = [
  "none",
  "expand",
  "dual-write",
  "backfill",
  "fence",
  "sweep",
  "verify",
  "switch",
  "contract",
] as const;

/** A stage's name; `none` where the tenant has not begun. */
export type Stage = (typeof STAGES)[number];

/** Whether `stage` is at or past `least`. */
export const reached = (stage: Stage, least: Stage): boolean =>
  STAGES.indexOf(stage) >= STAGES.indexOf(least);

/** A stage as the database spells it. Throws on one that this release does not know, rather than guess. */
export function stageNamed(name: string | null | undefined): Stage {
  if (name === null || name === undefined) return "none";
  const stage = STAGES.find((known) => known === name);
  if (stage === undefined) throw new Error(`the migration is at an unknown stage: ${name}`);
  return stage;
}

const UNDEFINED = new Set(["42P01", "42703", "3F000"]);

/** Whether a statement failed because the migration's tables, columns or schema are not there. */
export const isUndefined = (error: unknown): boolean => UNDEFINED.has(errorCode(error) ?? "");

/**
 * Begins a write transaction and reads the stage in it, under the shared lock that a change of stage waits for: until
 * this transaction ends, the stage stays what was read. One round trip.
 */
export async function beginAtStage(client: pg.PoolClient): Promise<Stage> {
  const lock = `select pg_advisory_xact_lock_shared(hashtextextended('baton.migration:${MIGRATION}', 0))`;
  const read = `select stage from baton.migration_stage where migration = '${MIGRATION}'`;
  try {
    const results: unknown = await client.query(`begin; ${lock}; ${read}`);
    const last: unknown = Array.isArray(results) ? results.at(-1) : undefined;
    return stageNamed((last as pg.QueryResult<{ stage: string }> | undefined)?.rows[0]?.stage);
  } catch (error) {
    if (!isUndefined(error)) throw error;
    // No table: this tenant has not begun. The lock is taken all the same, so that it cannot begin meanwhile.
    await client.query("rollback");
    await client.query(`begin; ${lock}`);
    const { rows } = await client.query<{ begun: boolean }>(
      "select to_regclass('baton.migration_stage') is not null as begun",
    );
    if (rows[0]?.begun !== true) return "none";
    const again = await client.query<{ stage: string }>(read);
    return stageNamed(again.rows[0]?.stage);
  }
}
