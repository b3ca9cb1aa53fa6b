import type { Clock } from "./clock.ts";

/** The journal's time, told without asking it: what it said last, and how much time went by since. */
export interface JournalTime {
  /** Milliseconds since 1970 by the journal's clock, as far as is known. */
  now(): number;
  /** Takes in a time the journal just said. */
  heard(at: number): void;
}

/** The journal's time from an answer it just gave, `first`, on. */
export function journalTime(clock: Clock, first: number): JournalTime {
  let heardAt = clock.elapsed();
  let said = first;
  return {
    now: () => Math.floor(said + (clock.elapsed() - heardAt)),
    heard: (at) => {
      heardAt = clock.elapsed();
      said = at;
    },
  };
}
