import { ApiError } from "../shared/api-error.ts";
import type { Exchange, Operations } from "./operations.ts";
import type { PromptBook } from "./prompt-book.ts";
import type { PromptLocks } from "./prompt-locks.ts";
import type { Session } from "./session.ts";

/** An acknowledged state that could not be read back. */
interface Missing {
  readonly tenant: string;
  readonly prompt: string;
  readonly version: number;
  readonly reason: string;
}

/** What reading everything back came to. */
export interface Verification {
  /** Writes acknowledged so far, overwritten ones included. */
  readonly acknowledged: number;
  /** Versions that hold an acknowledged write and did not read as they must. */
  readonly lost: number;
  /** Versions read back. */
  readonly checked: number;
  /** The first of the lost ones. */
  readonly missing: readonly Missing[];
}

/** What verifying needs. */
export interface VerifyParts {
  readonly book: PromptBook;
  readonly locks: PromptLocks;
  readonly operations: Operations;
  /** A signed-in user of a tenant; undefined where the tenant has none any more. */
  readonly sessionOf: (tenant: string) => Session | undefined;
  readonly signal: AbortSignal;
}

const CONCURRENCY = 8;
const SHOWN = 20;

/**
 * Reads every version that holds an acknowledged write back through the gateway and compares it. Traffic goes on meanwhile: a
 * prompt is locked while it is read, and what it must hold is taken under that lock. What cannot be read counts as lost.
 * Throws `ApiError` 503 when it is stopped on its way.
 */
export async function verify(parts: VerifyParts): Promise<Verification> {
  const queue = parts.book.acknowledgedPrompts().values();
  const missing: Missing[] = [];
  let checked = 0;
  let lost = 0;
  const worker = async (): Promise<void> => {
    for (const { prompt, tenant } of queue) {
      if (parts.signal.aborted) return;
      await parts.locks.take(prompt);
      try {
        for (const version of parts.book.acknowledgedVersions(prompt)) {
          const reason = await readBack(parts, tenant, prompt, version);
          checked += 1;
          if (reason === null) continue;
          lost += 1;
          if (missing.length < SHOWN) missing.push({ tenant, prompt, version, reason });
        }
      } finally {
        parts.locks.give(prompt);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  // Half a verification would read like a whole one.
  if (parts.signal.aborted)
    throw new ApiError(503, "workload.stopping", "The workload stopped before everything was read back.");
  return { acknowledged: parts.book.acknowledged, lost, checked, missing };
}

/** Null when the version reads as it must; else why not. */
async function readBack(
  parts: VerifyParts,
  tenant: string,
  prompt: string,
  version: number,
): Promise<string | null> {
  const session = parts.sessionOf(tenant);
  if (session === undefined) return "the tenant has no user here any more";
  try {
    const caller = { tenant, username: session.username, token: await session.token() };
    const newest = parts.book.newest(prompt) === version;
    const exchange: Exchange = newest
      ? await parts.operations.readNewest(caller, prompt)
      : await parts.operations.readVersion(caller, prompt, version);
    return exchange.error === null ? null : `${exchange.status ?? "no answer"}: ${exchange.error}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
