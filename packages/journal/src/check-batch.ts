import { ok, type Result, type StreamAppend } from "@baton/core";
import { inputProblem } from "./problems.ts";

/** Refuses what cannot be journaled: names that would make the hashed bytes ambiguous, versions that are no numbers. */
export function checkBatch(batch: readonly StreamAppend[]): Result<void> {
  for (const { stream, events } of batch) {
    if (!isName(stream)) return inputProblem(`The stream name ${JSON.stringify(stream)} cannot be used.`);
    for (const { type, version } of events) {
      if (!isName(type)) return inputProblem(`The event type ${JSON.stringify(type)} cannot be used.`);
      if (!Number.isInteger(version) || version < 1 || version > 2_147_483_647)
        return inputProblem(`The version ${version} of an event ${type} is no whole number from 1.`);
    }
  }
  return ok(undefined);
}

function isName(name: string): boolean {
  if (name.length === 0 || name.length > 500 || !name.isWellFormed()) return false;
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) < 32) return false;
  return true;
}
