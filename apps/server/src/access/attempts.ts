import { drawToken, secretHash } from "@baton/conductor";
import type pg from "pg";
import type { z } from "zod";

/** What is known of a sign-in between its two halves. */
export interface Attempts<T> {
  /** Writes it down under a secret that nobody had before, and gives the secret. */
  begin(data: T): Promise<string>;
  /** What was written down under the secret, once: whoever asks again, or too late, gets null. */
  take(secret: string): Promise<T | null>;
}

/** Attempts of one kind in PostgreSQL, so that a restart between the halves loses none. */
export function attemptsIn<T extends object>(
  { pool, now }: { readonly pool: pg.Pool; readonly now: () => number },
  kind: "browser" | "cli",
  lastsMs: number,
  shape: z.ZodType<T>,
): Attempts<T> {
  return {
    begin: async (data) => {
      const [secret, at] = [drawToken(), now()];
      await pool.query("delete from baton_server.attempts where expires_at <= $1", [at]);
      await pool.query("insert into baton_server.attempts values ($1, $2, $3, $4)", [
        secretHash(secret),
        kind,
        data,
        at + lastsMs,
      ]);
      return secret;
    },
    take: async (secret) => {
      const { rows } = await pool.query<{ data: unknown }>(
        "delete from baton_server.attempts where hash = $1 and kind = $2 and expires_at > $3 returning data",
        [secretHash(secret), kind, now()],
      );
      return rows[0] === undefined ? null : shape.parse(rows[0].data);
    },
  };
}
