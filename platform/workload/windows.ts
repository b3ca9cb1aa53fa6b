import { Histogram } from "./histogram.ts";

/** A named stretch of time and what the requests that began in it came to. Latencies in milliseconds; null: no request yet. */
export interface WindowFigures {
  readonly requests: number;
  readonly failed: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly seconds: number;
}

/** One window as a request holds on to it: a request counts where it began, however late it ends. */
export interface LatencyWindow {
  add(milliseconds: number, failed: boolean): void;
}

/** A demonstration needs three; the limit keeps a client in a loop from filling the memory. */
const MAX_WINDOWS = 64;

class Window implements LatencyWindow {
  readonly #latencies = new Histogram();
  #failed = 0;
  #openMs = 0;
  #openedAt: number | null = null;

  open(now: number): void {
    this.#openedAt ??= now;
  }

  close(now: number): void {
    if (this.#openedAt === null) return;
    this.#openMs += now - this.#openedAt;
    this.#openedAt = null;
  }

  add(milliseconds: number, failed: boolean): void {
    this.#latencies.add(milliseconds);
    if (failed) this.#failed += 1;
  }

  figures(now: number): WindowFigures {
    const running = this.#openedAt === null ? 0 : now - this.#openedAt;
    return {
      requests: this.#latencies.total,
      failed: this.#failed,
      p50: rounded(this.#latencies.percentile(0.5)),
      p99: rounded(this.#latencies.percentile(0.99)),
      seconds: Math.round((this.#openMs + running) / 100) / 10,
    };
  }
}

const rounded = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 100) / 100;

/** The windows of a workload, exactly one of them open. Opening a name again goes on with it. */
export class Windows {
  readonly #windows = new Map<string, Window>();
  readonly #now: () => number;
  #current: Window;

  /** `now` gives milliseconds on a clock that does not jump. */
  constructor(first: string, now: () => number) {
    this.#now = now;
    this.#current = new Window();
    this.#windows.set(first, this.#current);
    this.#current.open(now());
  }

  /** The window that is open. */
  get current(): LatencyWindow {
    return this.#current;
  }

  /** Closes the open window and opens this one. False when there are too many already. */
  open(name: string): boolean {
    const known = this.#windows.get(name);
    if (known === undefined && this.#windows.size >= MAX_WINDOWS) return false;
    const now = this.#now();
    const next = known ?? new Window();
    this.#current.close(now);
    next.open(now);
    this.#windows.set(name, next);
    this.#current = next;
    return true;
  }

  /** Figures of every window, by name. */
  figures(): Record<string, WindowFigures> {
    const now = this.#now();
    return Object.fromEntries([...this.#windows].map(([name, window]) => [name, window.figures(now)]));
  }
}
