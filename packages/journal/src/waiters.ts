import { isBelow } from "./below.ts";

interface Waiter {
  readonly prefix: string;
  readonly position: number;
  readonly wake: (changed: boolean) => void;
}

/** Those who wait for an append below a prefix. */
export interface Waiters {
  /** Resolves true when woken by a fitting append, false when the time is over, the signal fires or all are dismissed. */
  wait(prefix: string, position: number, timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
  /** Something was appended to these streams, up to this position. Null streams: it is not known to which. */
  appended(streams: readonly string[] | null, position: number): readonly Waiter[];
  /** Those who still wait. */
  waiting(): readonly Waiter[];
  dismiss(): void;
}

/** Makes an empty waiting room. */
export function createWaiters(): Waiters {
  const present = new Set<Waiter>();
  return {
    wait: (prefix, position, timeoutMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve(false);
        const end = (changed: boolean) => {
          present.delete(waiter);
          clearTimeout(timer);
          signal?.removeEventListener("abort", giveUp);
          resolve(changed);
        };
        const giveUp = () => end(false);
        const waiter: Waiter = { prefix, position, wake: end };
        const timer = setTimeout(giveUp, timeoutMs);
        signal?.addEventListener("abort", giveUp, { once: true });
        present.add(waiter);
      }),
    appended: (streams, position) => {
      const uncertain: Waiter[] = [];
      for (const waiter of [...present]) {
        if (waiter.position >= position) continue;
        if (streams === null) uncertain.push(waiter);
        else if (streams.some((stream) => isBelow(stream, waiter.prefix))) waiter.wake(true);
      }
      return uncertain;
    },
    waiting: () => [...present],
    dismiss: () => {
      for (const waiter of [...present]) waiter.wake(false);
    },
  };
}
