import { ok, type Result } from "@baton/core";
import { inputProblem } from "./problems.ts";

/**
 * Longest time to live of a lease, milliseconds. A lease that ends later than this from now was given by a clock that has been
 * set back since, and is shortened to it: nobody waits an hour for a conductor that died before the clock was corrected.
 */
export const LONGEST_TTL_MS = 60_000;

/** A time to live that a lease can have: whole milliseconds, more than none, a minute at most. */
export const checkTtl = (ttlMs: number): Result<void> =>
  Number.isInteger(ttlMs) && ttlMs > 0 && ttlMs <= LONGEST_TTL_MS
    ? ok(undefined)
    : inputProblem(`A lease cannot live for ${ttlMs} milliseconds.`);
