import type { Problem, Result, RunState } from "@baton/core";
import { type Clock, pause, systemClock } from "../clock.ts";
import type { Signed } from "./sign-heads.ts";

/** Has the journal signed while a run is driven: beside the effects, never in front of them. */
export interface Notary {
  /** Driving begins: what is there is signed. */
  begin(): void;
  /** The run has changed; `folded` counts the events seen so far. */
  saw(state: RunState, folded: number): void;
  /** Signs what is left and resolves when that is done, or after `boundMs`. */
  end(boundMs?: number): Promise<void>;
}

export interface NotaryOptions {
  /** Signs how the journal stands; one call at a time. */
  readonly sign: () => Promise<Result<Signed>>;
  /** Told why something could not be signed, once for each reason. Must not throw. */
  readonly onProblem?: (problem: Problem) => void;
  /** Events after which a statement is due, 1,000. */
  readonly everyEvents?: number;
  /** Longest time that new events wait for a statement, 60 s. */
  readonly everyMs?: number;
  readonly clock?: Clock;
}

/** What a statement is due for at once: it waits, it goes back, it has ended. */
const milestone = (state: RunState): string =>
  `${state.status} ${state.waiting?.step ?? ""} ${state.ended?.outcome ?? ""}`;

/** Signs at the beginning, at each hold and end, and within a bounded number of events and time in between. */
export function createNotary(options: NotaryOptions): Notary {
  const { sign, onProblem, everyEvents = 1_000, everyMs = 60_000, clock = systemClock() } = options;
  const told = new Set<string>();
  let last = "";
  let signedAt = 0;
  let seen = 0;
  let working: Promise<void> | null = null;
  let again = false;
  let cancelTimer: (() => void) | null = null;

  async function work(): Promise<void> {
    while (again) {
      again = false;
      signedAt = seen;
      const signed = await sign();
      if (signed.ok) continue;
      for (const problem of signed.problems) {
        if (!told.has(problem.code)) onProblem?.(problem);
        told.add(problem.code);
      }
    }
    working = null; // no await between the last look and this: whoever asks later begins anew
  }
  const due = (): Promise<void> => {
    cancelTimer?.();
    cancelTimer = null;
    again = true;
    working ??= work();
    return working;
  };
  return {
    begin: () => void due(),
    saw: (state, folded) => {
      seen = folded;
      const now = milestone(state);
      if (now !== last || seen - signedAt >= everyEvents) void due();
      else if (seen > signedAt) cancelTimer ??= clock.after(everyMs, () => void due());
      last = now;
    },
    end: (boundMs = 5_000) => Promise.race([due(), pause(clock, boundMs)]),
  };
}
