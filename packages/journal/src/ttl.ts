import { ok, type Result } from "@baton/core";
import { inputProblem } from "./problems.ts";

/** A time to live that a lease can have: whole milliseconds, more than none. */
export const checkTtl = (ttlMs: number): Result<void> =>
  Number.isInteger(ttlMs) && ttlMs > 0
    ? ok(undefined)
    : inputProblem(`A lease cannot live for ${ttlMs} milliseconds.`);
