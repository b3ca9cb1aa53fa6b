import { findRuns } from "@baton/conductor";
import { type Journal, ok, type Result, UNSIGNED, type Verification } from "@baton/core";
import { driverOf } from "@baton/session";

/** Whether the newest events, which are not signed yet, are what a run that is driven leaves behind for a moment. */
export interface TailVerdict {
  readonly accepted: boolean;
  readonly why: string;
}

/**
 * Judges an unsigned tail: accepted where nothing else is wrong or unknown, its first event is not older than `seconds` by the
 * journal's clock, and somebody holds the lease of a run of this environment. Null where there is no such tail, or more than it.
 */
export async function judgeTail(
  verified: Pick<Verification, "found" | "unknown" | "unsignedSince">,
  seconds: number,
  at: { readonly journal: Journal; readonly environment: string },
): Promise<Result<TailVerdict | null>> {
  const { found, unknown, unsignedSince: since } = verified;
  if (found > 0 || since === null || unknown.some(({ code }) => code !== UNSIGNED)) return ok(null);
  const [now, runs] = [await at.journal.now(), await findRuns(at.journal, at.environment)];
  if (!now.ok) return now;
  if (!runs.ok) return runs;
  const age = (now.value - since) / 1000;
  const old = `their first is ${Math.ceil(age)} s old, and ${seconds} s are allowed`;
  if (age < 0) return ok({ accepted: false, why: "they are dated ahead of the journal's own clock" });
  if (age > seconds) return ok({ accepted: false, why: old });
  for (const { run, ended } of runs.value) {
    const driver = ended === null ? await driverOf(at, run) : null;
    if (driver !== null)
      return ok({ accepted: true, why: `${driver} drives ${run}, and ${seconds} s are allowed` });
  }
  return ok({ accepted: false, why: "nobody drives a run, so nobody is about to sign them" });
}
