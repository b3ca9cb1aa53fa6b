import { drawToken, secretHash } from "@baton/conductor";
import type { Principal } from "@baton/core";
import type pg from "pg";

const HOUR = 3_600_000;
/** How long a sign-in lasts at most, and how long without a request. */
const LASTS: Readonly<Record<SessionKind, { readonly most: number; readonly idle: number }>> = {
  browser: { most: 12 * HOUR, idle: 4 * HOUR },
  cli: { most: 30 * 24 * HOUR, idle: 7 * 24 * HOUR },
};
/** When somebody was last seen is written down no more often. */
const SEEN_EVERY = 60_000;

/** In a browser by cookie, or on a command line by a bearer token. */
export type SessionKind = "browser" | "cli";

/** Sign-ins of people that are under way. The secret is in the person's hands alone; here is its hash. */
export interface Sessions {
  /** Begins a sign-in under a secret that nobody had before, and gives it. */
  begin(
    kind: SessionKind,
    person: Principal,
  ): Promise<{ readonly secret: string; readonly expiresAt: number }>;
  /** Whose sign-in this secret is; null where it is none, or is over. */
  find(kind: SessionKind, secret: string): Promise<Principal | null>;
  end(kind: SessionKind, secret: string): Promise<void>;
}

interface Row {
  readonly person: string;
  readonly name: string;
  readonly via: string;
  readonly seen_at: string;
}

/** Sessions in PostgreSQL, so that a restart of the server signs nobody out. */
export function sessionsIn(pool: pg.Pool, now: () => number): Sessions {
  return {
    begin: async (kind, { id, name, via }) => {
      const [secret, at] = [drawToken(), now()];
      const expiresAt = at + LASTS[kind].most;
      await pool.query("delete from baton_server.sessions where expires_at <= $1", [at]);
      await pool.query("insert into baton_server.sessions values ($1, $2, $3, $4, $5, $6, $6, $7)", [
        secretHash(secret),
        kind,
        id,
        name,
        via,
        at,
        expiresAt,
      ]);
      return { secret, expiresAt };
    },
    find: async (kind, secret) => {
      const [hash, at] = [secretHash(secret), now()];
      const { rows } = await pool.query<Row>({
        name: "baton-session",
        text: `select person, name, via, seen_at from baton_server.sessions
               where hash = $1 and kind = $2 and expires_at > $3 and seen_at > $4`,
        values: [hash, kind, at, at - LASTS[kind].idle],
      });
      const [row] = rows;
      if (row === undefined) return null;
      if (at - Number(row.seen_at) >= SEEN_EVERY)
        await pool.query("update baton_server.sessions set seen_at = $2 where hash = $1", [hash, at]);
      return { kind: "person", id: row.person, name: row.name, via: row.via, scopes: null };
    },
    end: async (kind, secret) => {
      await pool.query("delete from baton_server.sessions where hash = $1 and kind = $2", [
        secretHash(secret),
        kind,
      ]);
    },
  };
}
