/** Each bucket's upper edge is this much above the one before, so a percentile is at most 1 % off. */
const GROWTH = 1.02;
const LOWEST_MS = 0.05;
const HIGHEST_MS = 120_000;
const BUCKETS = Math.ceil(Math.log(HIGHEST_MS / LOWEST_MS) / Math.log(GROWTH)) + 1;

/** Latencies in milliseconds, counted in logarithmic buckets: its memory is the same after one request and after a billion. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  /** How many latencies were counted. */
  get total(): number {
    return this.#total;
  }

  /** Counts one latency. */
  add(milliseconds: number): void {
    const at = Math.ceil(Math.log(Math.max(milliseconds, LOWEST_MS) / LOWEST_MS) / Math.log(GROWTH));
    const bucket = Math.min(Math.max(at, 0), BUCKETS - 1);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
  }

  /** The latency that a share of all (0 to 1) did not exceed, to within 1 %; null while nothing was counted. */
  percentile(share: number): number | null {
    if (this.#total === 0) return null;
    const rank = Math.max(1, Math.ceil(this.#total * share));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank) return LOWEST_MS * GROWTH ** (bucket - 0.5);
    }
    return HIGHEST_MS;
  }
}
