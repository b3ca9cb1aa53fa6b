/** Time as the conductor's process feels it. The time of events is the journal's; this one only measures and wakes. */
export interface Clock {
  /** Milliseconds since some moment. Never goes back, and goes on while the process or the machine is asleep. */
  elapsed(): number;
  /** Calls back once after `ms`; the function returned takes that back. */
  after(ms: number, call: () => void): () => void;
}

/** Longest delay Node's timers take. */
const LONGEST = 2 ** 31 - 1;

/**
 * The machine's clock. The monotonic clock stands still while a laptop sleeps and the wall clock may be set back: whichever
 * says that more time went by is believed, since believing too little would keep a lease that is over.
 */
export function systemClock(): Clock {
  const wallStart = Date.now();
  const monotonicStart = performance.now();
  let latest = 0;
  return {
    elapsed: () => {
      latest = Math.max(latest, Date.now() - wallStart, performance.now() - monotonicStart);
      return latest;
    },
    after: (ms, call) => {
      const timer = setTimeout(call, Math.min(Math.max(ms, 0), LONGEST));
      return () => clearTimeout(timer);
    },
  };
}

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}
