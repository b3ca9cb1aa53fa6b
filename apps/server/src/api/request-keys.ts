import { createHash } from "node:crypto";
import { canonicalJson, failed, type Json, ok, type Problem, type Result } from "@baton/core";
import type pg from "pg";

/** What was answered under a key. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: Json;
}

/** An answer, and whether it is that of an earlier time. */
export interface AnswerOnce extends KeptAnswer {
  readonly again: boolean;
}

export interface KeyedRequest {
  readonly key: string;
  /** Who sends it: a key is its sender's own. */
  readonly sender: string;
  /** What is asked: method, path and body. */
  readonly request: Json;
  /** Whether the answer holds a secret, which is shown once and kept nowhere. */
  readonly secret: boolean;
}

/** Remembers, for a day, what was answered to requests that change something, so that one that is sent again is not done again. */
export interface RequestKeys {
  /**
   * Does the work, unless it was done under this key before: then gives the answer of that time. `BATON-API-KEY-REUSED` for another
   * request under the key, `BATON-API-KEY-BUSY` while the first one is at work, `BATON-API-KEY-SPENT` where the answer of that time
   * held a secret and was not kept. What fails leaves no trace, and may be tried again.
   */
  once(request: KeyedRequest, work: () => Promise<KeptAnswer>): Promise<Result<AnswerOnce>>;
}

const TABLE = `
create schema if not exists baton_server;
create table if not exists baton_server.request_keys (
  sender text not null,
  key text not null,
  request_hash text not null,
  begun_at timestamptz not null default now(),
  status int,
  body text,
  primary key (sender, key)
);
create index if not exists request_keys_begun on baton_server.request_keys (begun_at);
`;

/** A server that died at work leaves its keys behind; after so long they are free again. */
const ABANDONED = "1 minute";
const KEPT = "1 day";

/** Makes the table where it is not there. */
export async function createRequestKeys(pool: pg.Pool): Promise<RequestKeys> {
  await makeTable(pool);
  return {
    async once({ key, sender, request, secret }, work) {
      const hash = createHash("sha256").update(canonicalJson(request)).digest("hex");
      const taken = await take(pool, sender, key, hash);
      if (taken !== null) return taken;
      try {
        const answer = await work();
        await pool.query(
          "update baton_server.request_keys set status = $3, body = $4 where sender = $1 and key = $2",
          [sender, key, answer.status, secret ? null : JSON.stringify(answer.body)],
        );
        return ok({ ...answer, again: false });
      } catch (error) {
        await pool
          .query("delete from baton_server.request_keys where sender = $1 and key = $2 and status is null", [
            sender,
            key,
          ])
          .catch(() => undefined); // it is free again after a while
        throw error;
      }
    },
  };
}

/** Two servers that start at the same moment wait for each other. */
async function makeTable(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock(hashtextextended('baton_server.schema', 0))");
    await client.query(TABLE);
    await client.query("commit");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

interface Row {
  readonly request_hash: string;
  readonly status: number | null;
  readonly body: string | null;
}

/** Takes a key: null where it is the caller's now. One statement, so that of two who come at once one gets it. */
async function take(
  pool: pg.Pool,
  sender: string,
  key: string,
  hash: string,
): Promise<Result<AnswerOnce> | null> {
  await pool.query(`delete from baton_server.request_keys where begun_at < now() - interval '${KEPT}'`);
  const taken = await pool.query(
    `insert into baton_server.request_keys as k (sender, key, request_hash) values ($1, $2, $3)
     on conflict (sender, key) do update set begun_at = now()
       where k.status is null and k.request_hash = $3 and k.begun_at < now() - interval '${ABANDONED}'
     returning 1`,
    [sender, key, hash],
  );
  if (taken.rowCount === 1) return null;
  const found = await pool.query<Row>(
    "select request_hash, status, body from baton_server.request_keys where sender = $1 and key = $2",
    [sender, key],
  );
  const row = found.rows[0];
  if (row === undefined) return failed(busy(key));
  if (row.request_hash !== hash) return failed(reused(key));
  if (row.status === null) return failed(busy(key));
  if (row.body === null) return failed(spent(key));
  return ok({ status: row.status, body: JSON.parse(row.body) as Json, again: true });
}

const busy = (key: string): Problem => ({
  code: "BATON-API-KEY-BUSY",
  message: `A request under the key ${key} is still at work.`,
  remedy: "Send it again in a moment; it is done once.",
});

const spent = (key: string): Problem => ({
  code: "BATON-API-KEY-SPENT",
  message: `What was asked under the key ${key} is done, and its answer held a secret that is shown once.`,
  remedy: "If the answer was lost, take back what was made and make it anew under another key.",
});

const reused = (key: string): Problem => ({
  code: "BATON-API-KEY-REUSED",
  message: `The key ${key} was used before with another request.`,
  remedy: "Use a new key for a new request; send what was sent before for the answer of that time.",
});
