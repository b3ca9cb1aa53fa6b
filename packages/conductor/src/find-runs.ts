import { type Journal, ok, type Result } from "@baton/core";
import { type RunSummary, readEnvironment } from "./environment-runs.ts";

/** All runs of an environment, the oldest first. Those that have not ended have no lock in common. */
export async function findRuns(
  journal: Journal,
  environment: string,
): Promise<Result<readonly RunSummary[]>> {
  const found = await readEnvironment(journal, environment);
  return found.ok ? ok(found.value.runs) : found;
}
