import { setTimeout as pause } from "node:timers/promises";
import { type Journal, ok, type Problem, type Result, type StoredEvent } from "@baton/core";

/** Who hears of what is appended, and of whether the journal can be read at all. */
export interface FollowerListener {
  /** Events in the order of their positions, each once. */
  events?(batch: readonly StoredEvent[]): void;
  /** The journal cannot be read any more, or (null) can be read again and all that was missed was told. */
  trouble?(problem: Problem | null): void;
}

/** Reads the journal's end as it grows, once for all who look on. */
export interface Follower {
  /** Everything up to here was told. */
  readonly position: number;
  /** Why what is known may be old; null while it is not. */
  readonly trouble: Problem | null;
  /** The journal's time, by its clock as it was last read. */
  now(): number;
  /** Listeners are told in the order they came. Gives what ends it. */
  on(listener: FollowerListener): () => void;
  /** Resolves when all that was appended before the call was told. */
  catchUp(): Promise<Result<void>>;
  stop(): Promise<void>;
}

const PAGE = 1_000;
/** How long to wait for an append before the journal is looked at all the same, and before it is tried again. */
const LOOK_MS = 1_000;
const AGAIN_MS = 250;
/** Without a sign of the journal for so long, nobody knows. */
const SILENCE_MS = 5_000;

const silent: Problem = {
  code: "BATON-JOURNAL-UNREACHABLE",
  message: `The journal's database has not answered for ${SILENCE_MS / 1_000} seconds.`,
  remedy: "See that the database runs; the server goes on by itself when it is back.",
};

/** Follows a journal from its present end on. Problems: the journal's. */
export async function followJournal(journal: Journal): Promise<Result<Follower>> {
  const [end, clock] = [await journal.audit.end(), await journal.now()];
  if (!end.ok) return end;
  if (!clock.ok) return clock;
  return ok(new JournalFollower(journal, end.value, clock.value));
}

class JournalFollower implements Follower {
  readonly #journal: Journal;
  readonly #listeners = new Set<FollowerListener>();
  readonly #stopped = new AbortController();
  readonly #loop: Promise<void>;
  #position: number;
  #trouble: Problem | null = null;
  #contact = performance.now();
  #clock: { readonly at: number; readonly seen: number };
  #flight: { readonly now: Promise<Result<void>>; next: Promise<Result<void>> | null } | null = null;

  constructor(journal: Journal, position: number, now: number) {
    this.#journal = journal;
    this.#position = position;
    this.#clock = { at: now, seen: performance.now() };
    this.#loop = this.#follow();
  }

  get position(): number {
    return this.#position;
  }

  get trouble(): Problem | null {
    return this.#trouble ?? (performance.now() - this.#contact > SILENCE_MS ? silent : null);
  }

  now(): number {
    return Math.floor(this.#clock.at + performance.now() - this.#clock.seen);
  }

  on(listener: FollowerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A read under way may have begun before an append; whoever asks meanwhile shares the next one. */
  catchUp(): Promise<Result<void>> {
    const flight = this.#flight;
    if (flight === null) return this.#fly();
    flight.next ??= flight.now.then(() => this.#fly());
    return flight.next;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
    await this.#flight?.now;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      if (this.#trouble === null) await this.#journal.changed("", this.#position, LOOK_MS, signal);
      else await pause(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.catchUp();
    }
  }

  #fly(): Promise<Result<void>> {
    const flight = this.#read().finally(() => {
      this.#flight = null;
    });
    this.#flight = { now: flight, next: null };
    return flight;
  }

  async #read(): Promise<Result<void>> {
    for (;;) {
      const page = await this.#journal.read("", this.#position, PAGE);
      if (!page.ok) return this.#lost(page.problems[0] ?? silent);
      const last = page.value.at(-1);
      if (last !== undefined) {
        this.#position = last.position;
        this.#tell((listener) => listener.events?.(page.value));
      }
      if (page.value.length < PAGE) break;
    }
    const now = await this.#journal.now();
    if (!now.ok) return this.#lost(now.problems[0] ?? silent);
    this.#clock = { at: now.value, seen: performance.now() };
    this.#contact = performance.now();
    if (this.#trouble !== null) {
      this.#trouble = null;
      this.#tell((listener) => listener.trouble?.(null));
    }
    return ok(undefined);
  }

  #lost(problem: Problem): Result<void> {
    if (this.#trouble === null) {
      this.#trouble = problem;
      this.#tell((listener) => listener.trouble?.(problem));
    }
    return { ok: false, problems: [problem] };
  }

  #tell(how: (listener: FollowerListener) => void): void {
    for (const listener of this.#listeners) how(listener);
  }
}
