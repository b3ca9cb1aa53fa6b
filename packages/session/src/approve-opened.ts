import { approve } from "@baton/conductor";
import { type Actor, ok, type Plan, type Result } from "@baton/core";
import type { Session } from "./session.ts";

/** Records who approved a run that was opened before and never approved; gives the run back. */
export async function approveOpened(
  session: Session,
  run: string,
  plan: Plan,
  by: Actor,
): Promise<Result<string>> {
  const approved = await approve({ journal: session.journal, run, planHash: plan.hash, by });
  return approved.ok ? ok(run) : approved;
}
