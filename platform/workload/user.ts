import { setTimeout as pause } from "node:timers/promises";
import type { Caller, Exchange, Operations } from "./operations.ts";
import type { PromptBook } from "./prompt-book.ts";
import type { PromptLocks } from "./prompt-locks.ts";
import type { Session } from "./session.ts";
import type { TrafficStats } from "./stats.ts";

/** Set-up of one user at work. `random` returns 0 to below 1. */
export interface UserOptions {
  readonly session: Session;
  readonly writes: boolean;
  /** Share of this user's requests that write, 0 to 1. */
  readonly writeShare: number;
  /** Mean milliseconds between the beginnings of two requests. */
  readonly intervalMs: number;
  readonly promptsPerTenant: number;
  readonly operations: Operations;
  readonly book: PromptBook;
  readonly locks: PromptLocks;
  readonly stats: TrafficStats;
  readonly random: () => number;
  /** Milliseconds on a clock that does not jump, for latencies. */
  readonly clock: () => number;
}

/** Requests that are overdue by more than this are left out, and counted as skipped. */
const MAX_BACKLOG_MS = 5000;
const CREATE_SHARE = 0.2;
const VERSION_SHARE = 0.4;
const LIST_SHARE = 0.2;
const OLD_VERSION_SHARE = 0.3;
/** How often a user looks for a prompt nobody is at, before doing something else. */
const TRIES = 8;
const MAX_FOUND = 400;

/**
 * One user: begins requests on a schedule of its own that does not wait for answers (open loop), yet has one request under way
 * at most. A request that could not begin in time because the answer before it was late is measured from when it should have.
 */
export class User {
  readonly #options: UserOptions;
  readonly #stop = new AbortController();
  #cursor: string | null = null;
  #found: string[] = [];
  #busy = false;

  constructor(options: UserOptions) {
    this.#options = options;
  }

  /** Whether a request of this user is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Works until `stop`, or while `gate` says so; resolves when the last request has ended. */
  async work(gate: () => Promise<void> | null): Promise<void> {
    const { clock, random, intervalMs } = this.#options;
    let due = clock() + random() * intervalMs;
    while (!this.#stop.signal.aborted) {
      const closed = gate();
      if (closed !== null) {
        await Promise.race([closed, this.#stopped()]);
        due = clock() + random() * intervalMs;
        continue;
      }
      const wait = due - clock();
      if (wait > 0) {
        await pause(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined);
        // Only lateness of an answer counts against the platform; that of this process's own timer does not.
        due = Math.max(due, clock());
        if (this.#stop.signal.aborted || gate() !== null) continue;
      }
      due = this.#next(await this.#turn(due));
    }
  }

  /** Renews the token where it is time, then makes one request. Returns when the request should have begun. */
  async #turn(due: number): Promise<number> {
    const { session, clock } = this.#options;
    this.#busy = true;
    try {
      const renews = !session.isFresh(Date.now());
      if (renews) await this.#renew();
      const began = renews ? clock() : due;
      if (session.isFresh(Date.now())) await this.#one(began);
      return began;
    } finally {
      this.#busy = false;
    }
  }

  /** No further request begins. */
  stop(): void {
    this.#stop.abort();
  }

  #stopped(): Promise<void> {
    return new Promise((resolve) =>
      this.#stop.signal.addEventListener("abort", () => resolve(), { once: true }),
    );
  }

  /** The next beginning, between half and one and a half intervals later. */
  #next(due: number): number {
    const { clock, random, intervalMs, stats } = this.#options;
    const next = due + intervalMs * (0.5 + random());
    const behind = clock() - next;
    if (behind <= MAX_BACKLOG_MS) return next;
    stats.skip(Math.floor(behind / intervalMs));
    return clock();
  }

  /** A refused renewal is a failed request like any other. */
  async #renew(): Promise<void> {
    const { session, stats, clock } = this.#options;
    const window = stats.windows.current;
    const began = clock();
    try {
      await session.token();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#count(window, began, { method: "POST", path: "sign-in", status: null, error: reason });
    }
  }

  async #one(due: number): Promise<void> {
    const { session, stats } = this.#options;
    const caller = { tenant: session.tenant, username: session.username, token: await session.token() };
    const window = stats.windows.current;
    this.#count(window, due, await this.#act(caller));
  }

  #count(window: TrafficStats["windows"]["current"], began: number, exchange: Exchange): void {
    const { stats, clock } = this.#options;
    const { method, path, status, error } = exchange;
    const failure = error === null ? null : { at: new Date().toISOString(), method, path, status, error };
    stats.count(window, clock() - began, failure);
  }

  async #act(caller: Caller): Promise<Exchange> {
    const { random, writes, writeShare, operations, book, promptsPerTenant } = this.#options;
    if (writes && random() < writeShare) {
      const room = book.prompts(caller.tenant).length < promptsPerTenant;
      const bundle = room ? await operations.bundle(caller) : null;
      if (bundle !== null) return bundle;
      const empty = book.prompts(caller.tenant).length === 0;
      if (room && (empty || random() < CREATE_SHARE)) return operations.create(caller);
      const changed = await this.#change(caller);
      if (changed !== null) return changed;
    }
    if (random() < LIST_SHARE) return this.#list(caller);
    return (await this.#read(caller)) ?? this.#list(caller);
  }

  async #change(caller: Caller): Promise<Exchange | null> {
    const { random, operations, book, locks } = this.#options;
    const wanted = random() < VERSION_SHARE ? "version" : "amend";
    const prompt = this.#takeFree(
      book.prompts(caller.tenant),
      (id) => book.allowedChange(id, wanted, Date.now()) !== null,
    );
    if (prompt === null) return null;
    try {
      return await operations.change(
        caller,
        prompt,
        book.allowedChange(prompt, wanted, Date.now()) ?? "amend",
      );
    } finally {
      locks.give(prompt);
    }
  }

  async #read(caller: Caller): Promise<Exchange | null> {
    const { random, operations, book, locks, promptsPerTenant } = this.#options;
    const known = book.prompts(caller.tenant);
    const fresh = known.length < promptsPerTenant ? this.#found.pop() : undefined;
    const prompt = this.#takeFree(fresh === undefined ? known : [fresh], () => true);
    if (prompt === null) return null;
    try {
      const versions = book.versions(prompt);
      const old = versions[Math.floor(random() * versions.length)];
      return old !== undefined && random() < OLD_VERSION_SHARE
        ? await operations.readVersion(caller, prompt, old)
        : await operations.readNewest(caller, prompt);
    } finally {
      locks.give(prompt);
    }
  }

  async #list(caller: Caller): Promise<Exchange> {
    const { exchange, cursor, found } = await this.#options.operations.list(caller, this.#cursor);
    this.#cursor = cursor;
    this.#found = [...new Set([...this.#found, ...found])].slice(-MAX_FOUND);
    return exchange;
  }

  /** A random prompt that nobody is at and that will do, with its lock taken; null when there was none at hand. */
  #takeFree(prompts: readonly string[], fits: (prompt: string) => boolean): string | null {
    for (let tried = 0; tried < TRIES; tried += 1) {
      const prompt = prompts[Math.floor(this.#options.random() * prompts.length)];
      if (prompt === undefined) return null;
      if (fits(prompt) && this.#options.locks.tryTake(prompt)) return prompt;
    }
    return null;
  }
}
