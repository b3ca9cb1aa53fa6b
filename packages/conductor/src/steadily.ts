import { failed, type Problem, type Result } from "@baton/core";
import { type Clock, pause } from "./clock.ts";

const FIRST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 1_000;

const unreachable = (problems: readonly Problem[]): boolean =>
  problems.some((problem) => problem.code === "BATON-JOURNAL-UNREACHABLE");

/** The value of a promise, or null as soon as the signal aborts. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const stop = () => resolve(null);
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/**
 * Asks the journal again, with growing pauses, for as long as it cannot be reached; other refusals are returned at once.
 * Ends with the last refusal when the signal aborts (the lease is over), also when the journal never answers.
 */
export async function steadily<T>(
  clock: Clock,
  signal: AbortSignal,
  ask: (attempt: number) => Promise<Result<T>>,
): Promise<Result<T>> {
  let last: Result<T> = failed(journalSilent);
  for (let attempt = 0; !signal.aborted; attempt++) {
    const answer = await orAborted(ask(attempt), signal);
    if (answer === null) break;
    if (answer.ok || !unreachable(answer.problems)) return answer;
    last = answer;
    await pause(clock, Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS), signal);
  }
  return last;
}

const journalSilent: Problem = {
  code: "BATON-JOURNAL-UNREACHABLE",
  message: "The journal gave no answer in time.",
  remedy: "Look whether the journal's database runs and can be reached, with `baton doctor`.",
};
