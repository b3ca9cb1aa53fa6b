import { readFile } from "node:fs/promises";
import type pg from "pg";

/** The statements for the tables that the platform's own database and every tenant's have alike. */
export const commonSchema = (): Promise<string> =>
  readFile(new URL("./schema/common.sql", import.meta.url), "utf8");

/**
 * Brings the platform's own database to its schema. Safe to repeat, and safe when several services do it at once: one
 * transaction under an advisory lock.
 */
export async function applySharedSchema(pool: pg.Pool): Promise<void> {
  const own = await readFile(new URL("./schema/shared.sql", import.meta.url), "utf8");
  const sql = `${await commonSchema()}\n${own}`;
  const client = await pool.connect();
  try {
    await client.query("begin; select pg_advisory_xact_lock(hashtextextended('dcoder.shared-schema', 0))");
    await client.query(`set local client_min_messages = warning; set local search_path = public; ${sql}`);
    await client.query("commit");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
