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

/** Requests that ended, and those of them that failed. */
export interface RequestCount {
  readonly total: number;
  readonly failed: number;
}

/** Every how many requests the count is remembered; a failure is remembered at once. */
const REMEMBER_EVERY = 50;

/** What the users' requests came to, those of earlier processes on the same ledger included. */
export class TrafficStats {
  readonly windows: Windows;
  readonly #recent: RequestFailure[] = [];
  readonly #remember: (count: RequestCount) => void;
  #total: number;
  #failed: number;
  #skipped = 0;

  /** `before`: what earlier processes counted. `remember` keeps the count outside this process. */
  constructor(
    now: () => number,
    before: RequestCount = { total: 0, failed: 0 },
    remember: (count: RequestCount) => void = () => undefined,
  ) {
    this.windows = new Windows("before", now);
    this.#total = before.total;
    this.#failed = before.failed;
    this.#remember = remember;
  }

  /** Counts a request that has ended; `failure` is null when it went as it must. */
  count(window: LatencyWindow, milliseconds: number, failure: RequestFailure | null): void {
    this.#total += 1;
    window.add(milliseconds, failure !== null);
    if (failure !== null) this.#fail(failure);
    if (failure !== null || this.#total % REMEMBER_EVERY === 0) this.#remember(this.requests);
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

  get requests(): RequestCount {
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
