import type { Clock } from "../src/index.ts";

export interface HandClock extends Clock {
  move(ms: number): void;
  /** Whether anybody waits for this time. */
  waiting(at: number): boolean;
}

/** A clock that stands still until it is moved, so that a test decides when a lease is over. */
export function handClock(): HandClock {
  let now = 0;
  const waiting = new Set<{ at: number; call: () => void }>();
  return {
    elapsed: () => now,
    after: (ms, call) => {
      const entry = { at: now + ms, call };
      waiting.add(entry);
      return () => waiting.delete(entry);
    },
    waiting: (at) => [...waiting].some((entry) => entry.at === at),
    move: (ms) => {
      now += ms;
      for (const entry of [...waiting]) if (entry.at <= now && waiting.delete(entry)) entry.call();
    },
  };
}
