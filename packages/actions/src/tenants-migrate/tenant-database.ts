import { type Problem, ProblemError } from "@baton/core/problem";
import { redact } from "@baton/core/redact/redact";
import pg from "pg";
import type { RestingConnections } from "./resting.ts";

const CONNECT_MS = 10_000;

/** How long statements, locks and pauses within a transaction may take in one connection, milliseconds. */
export interface Limits {
  readonly statementMs: number;
  readonly lockMs: number;
  /** An open transaction from which nothing is heard for so long is ended by PostgreSQL, with its session. */
  readonly idleMs: number;
}

/**
 * For effects that must not stand in the way of live traffic: locks are given up soon and asked for again, and a conductor that
 * stands still in the middle of one, with the writers waiting behind it, loses its session.
 */
export const POLITE: Limits = { statementMs: 30_000, lockMs: 150, idleMs: 2_000 };

/** How often work is begun anew whose session PostgreSQL ended because this process stood still. */
const SESSIONS = 3;

/**
 * Lends `work` one connection that nobody else has: one that rests, or else a new one. After `work` it rests where that is
 * wanted, and is closed where not or where anything failed. Where PostgreSQL ended the session because nothing was heard of
 * an open transaction, which was then rolled back, `work` is begun anew with another one; it must be safe to repeat.
 */
export async function withTenantDatabase<T>(
  url: string,
  limits: Limits,
  work: (client: pg.Client) => Promise<T>,
  resting: RestingConnections | null = null,
): Promise<T> {
  for (let session = 1; ; session += 1) {
    const client = (await resting?.take(url)) ?? (await connectTenant(url, limits));
    let ended: Error | null = null;
    const note = (error: Error) => {
      ended ??= error;
    };
    client.on("error", note);
    try {
      const result = await work(client);
      client.off("error", note);
      if (resting !== null && ended === null) resting.rest(url, client);
      else await client.end().catch(() => undefined);
      return result;
    } catch (error) {
      await client.end().catch(() => undefined);
      // The statement after the end only says that the connection is gone; why it is gone was said before.
      const reason = stoodStill(ended) ? ended : error;
      if (!stoodStill(reason) || session === SESSIONS) throw reason;
    }
  }
}

/** Whether PostgreSQL ended the session because nothing was heard of its open transaction. */
const stoodStill = (error: unknown): boolean => errorCode(error) === "25P03";

/** An open connection under the limits. Its loss shows up as the error of the statement that was under way. */
export async function connectTenant(url: string, limits: Limits): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "baton tenants.migrate",
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: limits.statementMs,
    lock_timeout: limits.lockMs,
    idle_in_transaction_session_timeout: limits.idleMs,
    keepAlive: true,
    // A role called `baton` would otherwise find, and fill, the schema of that name first.
    options: "-c search_path=public",
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

/** SQLSTATE or system code of an error, if it has one. */
export const errorCode = (error: unknown): string | null =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ENOENT",
  "3D000", // the database is not there
  "53300", // no connection is free
  "57P01", // the server is being stopped
  "57P02",
  "57P03", // the server is starting
  "28P01", // the password is not right
  "28000",
  "25P03", // it stood still in a transaction, again and again
]);

/** Whether a transaction that failed so is worth another try at once: a lock not had in time, a deadlock, a conflict. */
export const isBusy = (error: unknown): boolean =>
  ["55P03", "40P01", "40001"].includes(errorCode(error) ?? "");

/** Any error of a tenant's database as problems, without the connection string or any of the `secrets`. */
export function problemsOf(error: unknown, tenant: string, secrets: readonly string[]): readonly Problem[] {
  if (error instanceof ProblemError) return error.problems;
  if (error instanceof Error && error.name === "AbortError") return [aborted(tenant)];
  const code = errorCode(error);
  const message = error instanceof Error ? error.message : "unknown error";
  if (isLost(code, message)) return [unreachable(tenant, code)];
  if (isBusy(error)) return [locked(tenant)];
  return [
    {
      code: "BATON-MIGRATE-SQL",
      message: `Tenant ${tenant}: ${redact(message, secrets)}${code === null ? "" : ` (${code})`}.`,
      remedy: "Mend what the message names, then retry the step.",
      details: { tenant, sqlstate: code },
    },
  ];
}

function isLost(code: string | null, message: string): boolean {
  if (code !== null) return UNREACHABLE.has(code) || code.startsWith("08") || isShut(code, message);
  return /connection terminated|timeout expired|not queryable|Invalid URL/i.test(message);
}

/** `allow_connections false`; the code alone says only that something is not in the state it should be in. */
const isShut = (code: string, message: string): boolean =>
  code === "55000" && message.includes("not currently accepting connections");

const unreachable = (tenant: string, code: string | null): Problem => ({
  code: "BATON-TENANT-UNREACHABLE",
  message: `Tenant ${tenant}'s database cannot be reached${code === null ? "" : ` (${code})`}.`,
  remedy: "See that the database server runs and takes connections; the step is tried again.",
  details: { tenant },
});

const locked = (tenant: string): Problem => ({
  code: "BATON-MIGRATE-LOCKED",
  message: `Tenant ${tenant}: a lock was not to be had in the time allowed, again and again.`,
  remedy: "Look for a long transaction in the tenant's database (pg_stat_activity); then retry the step.",
  details: { tenant },
});

/** The effect was called off before it was through. */
export const aborted = (tenant: string): Problem => ({
  code: "BATON-MIGRATE-ABORTED",
  message: `Tenant ${tenant}: the work was called off before it was through.`,
  remedy: "Resume the run; it goes on where it stopped.",
  details: { tenant },
});
