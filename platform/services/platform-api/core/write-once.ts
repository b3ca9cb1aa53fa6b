import { randomUUID } from "node:crypto";
import type pg from "pg";
import { ApiError } from "../../../shared/api-error.ts";
import { type BodyWriter, WriteAgain } from "./bodies.ts";
import { type Answer, type Call, sha256 } from "./call.ts";
import { errorCode } from "./database-error.ts";

/** What a write did: the answer, and the event that tells of it. Neither carries a prompt's text. */
export interface Effect extends Answer {
  readonly event: { readonly subject: string; readonly payload: Readonly<Record<string, unknown>> };
}

/** A write: how its transaction begins, and what it does in it. Prepared anew for each attempt. */
interface Write {
  readonly begin: BodyWriter["begin"];
  effect(client: pg.PoolClient): Promise<Effect>;
}

/** `input` is the parsed request, so that two spellings of one request are the same request. */
interface WriteOptions {
  readonly pool: pg.Pool;
  readonly call: Call;
  readonly input: unknown;
  readonly platformId: string;
  prepare(): Promise<Write>;
}

const ATTEMPTS = 4;
const REPEATABLE = new Set(["40001", "40P01"]);

/** A plain transaction, for writes that need no preparation. */
export const plainBegin: BodyWriter["begin"] = async (client) => {
  await client.query("begin");
};

/**
 * Brings a write about once: the effect, its event in the outbox and the answer kept for its idempotency key are one
 * transaction. The same key again, at the same time or later, gets the kept answer; with another request it is refused.
 */
export async function writeOnce(options: WriteOptions): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const write = await options.prepare();
    const client = await options.pool.connect();
    try {
      const answer = await inTransaction(client, write, options);
      client.release();
      return answer;
    } catch (error) {
      await rollBack(client);
      const again = error instanceof WriteAgain || REPEATABLE.has(errorCode(error) ?? "");
      if (!again || attempt === ATTEMPTS) throw error;
    }
  }
}

/** The answer kept for the call's key, if there is one; throws 422 where the key stands for another request. */
export async function keptAnswer(
  client: Pick<pg.PoolClient, "query">,
  call: Call,
  input: unknown,
): Promise<Answer | undefined> {
  if (call.idempotencyKey === undefined) return undefined;
  const { rows } = await client.query<{ request_digest: string; status: number; response: unknown }>(
    "select request_digest, status, response from idempotency where key = $1",
    [storedKey(call)],
  );
  const kept = rows[0];
  if (kept === undefined) return undefined;
  if (kept.request_digest !== digestOf(call, input))
    throw new ApiError(422, "idempotency.reused", "This Idempotency-Key was used for another request.");
  return { status: kept.status, body: kept.response };
}

async function inTransaction(client: pg.PoolClient, write: Write, options: WriteOptions): Promise<Answer> {
  const { call, input } = options;
  await write.begin(client);
  // Where another request with this key is under way, the insert waits for its end.
  if (call.idempotencyKey !== undefined) {
    const { rowCount } = await client.query(
      `insert into idempotency (key, subject, request_digest, status, response) values ($1, $2, $3, 0, 'null')
       on conflict (key) do nothing`,
      [storedKey(call), call.caller.subject, digestOf(call, input)],
    );
    if (rowCount === 0) {
      const kept = await keptAnswer(client, call, input);
      await client.query("rollback");
      if (kept === undefined) throw new WriteAgain("the other request's transaction was rolled back");
      return kept;
    }
  }
  const effect = await write.effect(client);
  const body = await finish(client, effect, options);
  await client.query("commit");
  return { status: effect.status, body };
}

/** Puts the event into the outbox and the answer beside its key; returns the answer as it is kept. */
async function finish(client: pg.PoolClient, effect: Effect, options: WriteOptions): Promise<unknown> {
  const { call } = options;
  const envelope = {
    eventId: randomUUID(),
    occurredAt: new Date().toISOString(),
    tenantId: call.caller.tenant,
    platformId: options.platformId,
    correlationId: call.requestId,
    actor: call.caller.subject,
    payload: effect.event.payload,
  };
  if (call.idempotencyKey === undefined) {
    await client.query("insert into outbox (subject, envelope) values ($1, $2)", [
      effect.event.subject,
      envelope,
    ]);
    return effect.body;
  }
  const { rows } = await client.query<{ response: unknown }>(
    `with event as (insert into outbox (subject, envelope) values ($1, $2))
     update idempotency set status = $3, response = $4 where key = $5 returning response`,
    [effect.event.subject, envelope, effect.status, JSON.stringify(effect.body), storedKey(call)],
  );
  return rows[0]?.response;
}

/** Keys belong to the user who chose them. */
const storedKey = (call: Call): string => `${call.caller.subject} ${call.idempotencyKey}`;

const digestOf = (call: Call, input: unknown): string =>
  sha256(JSON.stringify([call.method, call.target, input]));

async function rollBack(client: pg.PoolClient): Promise<void> {
  try {
    await client.query("rollback");
    client.release();
  } catch {
    client.release(true);
  }
}
