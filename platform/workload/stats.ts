import type { LatencyWindow } from "./windows.ts";
import { Windows } from "./windows.ts";

/** A request that did not go as it must. Holds no body and no token. */
export interface RequestFailure {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** Null where the connection broke before there was one. */
  readonly status: number | null;
  readonly error: string;
}

const RECENT = 20;
const ERROR_LENGTH = 300;

/** What the users' requests came to since this process began. */
export class TrafficStats {
  readonly windows: Windows;
  readonly #recent: RequestFailure[] = [];
  #total = 0;
  #failed = 0;
  #skipped = 0;

  constructor(now: () => number) {
    this.windows = new Windows("before", now);
  }

  /** Counts a request that has ended; `failure` is null when it went as it must. */
  count(window: LatencyWindow, milliseconds: number, failure: RequestFailure | null): void {
    this.#total += 1;
    window.add(milliseconds, failure !== null);
    if (failure !== null) this.#fail(failure);
  }

  /** Counts requests that were never sent because their user was still waiting for an answer long overdue. */
  skip(requests: number): void {
    this.#skipped += requests;
  }

  #fail(failure: RequestFailure): void {
    this.#failed += 1;
    this.#recent.push({ ...failure, error: failure.error.slice(0, ERROR_LENGTH) });
    if (this.#recent.length > RECENT) this.#recent.shift();
  }

  /** Requests that ended, and those of them that failed. */
  get requests(): { readonly total: number; readonly failed: number } {
    return { total: this.#total, failed: this.#failed };
  }

  get skipped(): number {
    return this.#skipped;
  }

  /** The last failures, oldest first. */
  get recentFailures(): readonly RequestFailure[] {
    return [...this.#recent];
  }
}
