import {
  type Actor,
  actorOf,
  failed,
  forbidden,
  type Journal,
  ok,
  type Principal,
  type Result,
  type StreamAppend,
  separationRefusal,
} from "@baton/core";
import { readEnvironment } from "../environment-runs.ts";
import { streams } from "../streams.ts";
import { readAccess } from "./read-access.ts";

/** A signed-in person who approves, and whether whoever opened the run may be the same. */
export interface Approver {
  readonly principal: Principal;
  readonly separationOfDuties: boolean;
}

/** A person's word, and what holds it to the state in which it was found good. */
export interface Held {
  readonly by: Actor;
  /** To be appended with the approval: empty, and refused where anybody's rights have changed since. */
  readonly guard: StreamAppend;
}

/**
 * Whether a person's approval of a run counts now: `BATON-ACCESS-FORBIDDEN` without the right to approve,
 * `BATON-APPROVAL-AUTHOR` for whoever opened it, `BATON-APPROVAL-PERSON` for a token.
 */
export async function holdApproval(
  journal: Journal,
  run: string,
  environment: string,
  { principal, separationOfDuties }: Approver,
): Promise<Result<Held>> {
  const now = await journal.now();
  if (!now.ok) return now;
  const access = await readAccess(journal, environment);
  if (!access.ok) return access;
  const { state, seq } = access.value;
  const by = actorOf(principal);
  const refusal = forbidden(state, principal, "approve", environment, now.value);
  if (refusal !== null) return failed(refusal);
  const guard = { stream: streams.access(environment), expectedSeq: seq, events: [] };
  if (!separationOfDuties) return ok({ by, guard });
  const listed = await readEnvironment(journal, environment);
  if (!listed.ok) return listed;
  const author = listed.value.runs.find((one) => one.run === run)?.by;
  // An author nobody knows might be anybody.
  if (author === undefined) return failed(unknownAuthor(run));
  const same = separationRefusal(state, author, by);
  return same === null ? ok({ by, guard }) : failed(same);
}

const unknownAuthor = (run: string) => ({
  code: "BATON-APPROVAL-AUTHOR" as const,
  message: `Nobody knows who opened ${run}, so nobody knows that you are another person.`,
  remedy: "Open the run anew, or approve it at the machine itself with `baton run`.",
  details: { run },
});
