import { useSyncExternalStore } from "react";

/** Why what is shown may no longer be so. */
export type StaleCause = "server" | "journal" | "stream";

/** Since when nobody vouches for what is shown, and why. Null: all of it is fresh. */
export interface Stale {
  readonly cause: StaleCause;
  /** By this browser's clock, milliseconds since 1970. */
  readonly since: number;
}

/** Which of them is told when several are gone: the one that explains the others. */
const ORDER: readonly StaleCause[] = ["server", "journal", "stream"];

class Freshness {
  readonly #since = new Map<StaleCause, number>();
  readonly #listeners = new Set<() => void>();
  #now: Stale | null = null;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly get = (): Stale | null => this.#now;

  lose(cause: StaleCause): void {
    if (this.#since.has(cause)) return;
    this.#since.set(cause, Date.now());
    this.#tell();
  }

  regain(cause: StaleCause): void {
    if (this.#since.delete(cause)) this.#tell();
  }

  #tell(): void {
    const cause = ORDER.find((one) => this.#since.has(one));
    this.#now = cause === undefined ? null : { cause, since: this.#since.get(cause) ?? 0 };
    for (const listener of this.#listeners) listener();
  }
}

/** What every page asks before it shows a state as certain. */
export const freshness = new Freshness();

/** Null while the server, the journal and the run's stream all answer. */
export const useStale = (): Stale | null => useSyncExternalStore(freshness.subscribe, freshness.get);
