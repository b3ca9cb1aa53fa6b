import type { LoadedRun } from "@baton/conductor";
import { approvalRefusal, mannerOf, ok, type Result, stepState, timerSeconds } from "@baton/core";
import type { Parts } from "../parts.ts";

/** How long a conductor may take to start and bring a run to its gate. */
const PATIENCE_MS = 20_000;

/**
 * A time at the hold may have run out while nobody drove: then a conductor is started, which finds that out, and is waited for. What
 * else speaks against the approval is left to the approval.
 */
export async function toGate(
  parts: Parts,
  environment: string,
  run: string,
  gate: string,
): Promise<Result<void>> {
  const known = await parts.runs.get(environment, run);
  if (!known.ok) return known;
  if (!isOverdue(known.value.loaded, gate, parts.follower.now())) return ok(undefined);
  await parts.drivers.ensure(run);
  const end = performance.now() + PATIENCE_MS;
  let { position } = known.value.loaded;
  while (performance.now() < end) {
    await parts.session.journal.changed(`run/${run}`, position, 1_000);
    const now = await parts.afresh(environment, run);
    if (!now.ok) return now;
    const { index, state } = now.value.loaded;
    if (approvalRefusal(index, state, gate) === null || state.ended !== null) return ok(undefined);
    position = now.value.loaded.position;
  }
  return ok(undefined);
}

/** Whether nothing but times that have run out keeps the run from its gate. */
function isOverdue({ index, state }: LoadedRun, gate: string, now: number): boolean {
  if (approvalRefusal(index, state, gate) === null || !index.holdSteps.has(gate)) return false;
  if (stepState(state, gate).status !== "pending" || state.status !== "running" || state.rollback !== null)
    return false;
  if (![...state.active].every((id) => index.holdSteps.has(id))) return false;
  return [...state.active].every((id) => {
    const step = index.steps.get(id);
    const { startedAt } = stepState(state, id);
    const seconds = step === undefined || mannerOf(step) !== "timer" ? null : timerSeconds(step);
    return seconds === null || startedAt === null || startedAt + seconds * 1_000 <= now;
  });
}
