import {
  apply,
  failed,
  type Journal,
  type Lease,
  type NewEvent,
  ok,
  type Problem,
  type Recorded,
  type Result,
  type RunEvent,
  type RunState,
  type StoredEvent,
  type StreamAppend,
} from "@baton/core";
import type { Clock } from "./clock.ts";
import { environmentRunEnded } from "./environment-runs.ts";
import { fromStored, toNewEvent } from "./event-codec.ts";
import type { LoadedRun } from "./load-run.ts";
import { createSender } from "./sender.ts";
import { steadily } from "./steadily.ts";
import { streamOf, streams } from "./streams.ts";
import { withUnitHeads } from "./unit-heads.ts";

/** Most appends that share a commit. */
const GROUP = 500;

export interface LedgerOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly loaded: LoadedRun;
  readonly lease: Lease;
  /** Aborts when the lease is lost: nothing is appended after, and what waits is refused. */
  readonly lost: AbortSignal;
  /** Facts that follow from the state alone; asked between commits, and journaled before anything else. */
  readonly facts: (state: RunState) => readonly RunEvent[];
  /** Called after each change of the state, with the journal's time of the newest event. */
  readonly onChange: (at: number) => void;
  /** Called for each event of the run after it is in the state, in order. Must not throw. */
  readonly onEvent?: ((recorded: Recorded) => void) | undefined;
}

/** What an append came to: journaled, or dropped because it was no longer wanted when its turn came. */
export type Appended = Result<"journaled" | "dropped">;

interface Waiting {
  readonly events: readonly RunEvent[];
  readonly wanted: (state: RunState) => boolean;
  readonly settle: (result: Appended) => void;
}

/**
 * The one way from facts to the run's state: appended first, folded after, in the order of the journal's positions.
 *
 * Group commit like the journal's batcher, with what a run needs beside it: whether an append is still wanted is decided in the
 * moment it is sent, facts are drawn from exactly the state they are appended to, and a commit whose answer got lost is looked
 * up and not repeated. After the first failure everything is refused with its problems.
 */
export class Ledger {
  /** Last sequence of each of the run's streams. */
  readonly seqs: Map<string, number>;
  readonly #options: LedgerOptions;
  readonly #send: ReturnType<typeof createSender>["send"];
  readonly #queue: Waiting[] = [];
  readonly #controlReaders: (() => void)[] = [];
  #state: RunState;
  #position: number;
  #folded = 0;
  #broken: readonly Problem[] | null = null;
  #working: Promise<void> | null = null;
  #again = false;

  constructor(options: LedgerOptions) {
    const { journal, clock, loaded, lease, lost } = options;
    this.#options = options;
    this.#send = createSender({ journal, clock, run: loaded.run, lease, lost }).send;
    this.#state = loaded.state;
    this.#position = loaded.position;
    this.seqs = new Map(loaded.seqs);
  }

  get state(): RunState {
    return this.#state;
  }

  /** Position of the last event that is in the state. */
  get position(): number {
    return this.#position;
  }

  /** How many events were folded here. */
  get folded(): number {
    return this.#folded;
  }

  /** Why nothing can be appended any more; null while all is well. */
  get broken(): readonly Problem[] | null {
    return this.#broken;
  }

  /**
   * Appends events of one cause, all or nothing; those that wait at the same time share a commit. `wanted` is asked with the
   * newest state just before: false drops them. Resolves when they are journaled and folded.
   */
  append(events: readonly RunEvent[], wanted: (state: RunState) => boolean = () => true): Promise<Appended> {
    return new Promise((settle) => {
      this.#queue.push({ events, wanted, settle });
      void this.settle();
    });
  }

  /** Folds what people appended to the control stream since. Resolves when that is done, or the ledger is broken. */
  readControl(): Promise<void> {
    return new Promise((resolve) => {
      this.#controlReaders.push(resolve);
      void this.settle();
    });
  }

  /** Journals facts that are due now and all that waits; resolves when nothing is left. */
  settle(): Promise<void> {
    this.#again = true;
    this.#working ??= this.#work();
    return this.#working;
  }

  async #work(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await Promise.resolve(); // what is appended in the same turn shares a commit
      const done = await this.#turn();
      if (!done.ok) this.#broken = done.problems;
      if (this.#broken !== null) this.#refuseAll(this.#broken);
      else if (this.#queue.length > 0) this.#again = true;
    }
    this.#working = null; // no await between the last look and this: whoever comes later starts anew
  }

  async #turn(): Promise<Result<void>> {
    const readers = this.#controlReaders.splice(0);
    const done = this.#broken === null ? await this.#step(readers.length > 0) : ok(undefined);
    for (const resolve of readers) resolve();
    return done;
  }

  async #step(readControl: boolean): Promise<Result<void>> {
    if (readControl) {
      const read = await this.#foldControl(Number.POSITIVE_INFINITY);
      if (!read.ok) return read;
    }
    const facts = await this.#journalFacts();
    if (!facts.ok) return facts;
    const group = this.#takeGroup();
    if (group.length === 0) return ok(undefined);
    const done = await this.#commit(this.#batchOf(group.flatMap((waiting) => waiting.events)));
    const answer: Appended = done.ok ? ok("journaled") : failed(...done.problems);
    for (const waiting of group) waiting.settle(answer);
    // The new state may have facts of its own, which nobody waits for.
    return done.ok ? this.#journalFacts() : done;
  }

  #refuseAll(problems: readonly Problem[]): void {
    for (const waiting of this.#queue.splice(0)) waiting.settle(failed(...problems));
    for (const resolve of this.#controlReaders.splice(0)) resolve();
  }

  async #journalFacts(): Promise<Result<void>> {
    const { journal, clock, loaded, lost, facts } = this.#options;
    for (let last = ""; ; ) {
      const due = facts(this.#state);
      if (due.length === 0) return ok(undefined);
      const text = JSON.stringify(due);
      if (text === last) return failed(factsWithoutEffect(due));
      last = text;
      const filled = await steadily(clock, lost, () => withUnitHeads(journal, loaded.index, loaded.run, due));
      if (!filled.ok) return filled;
      const done = await this.#commitFacts(filled.value);
      if (!done.ok) return done;
    }
  }

  /** The end of a run is refused when a person asked for something that is not folded yet; then facts are drawn anew. */
  async #commitFacts(events: readonly RunEvent[]): Promise<Result<void>> {
    const batch = this.#batchOf(events);
    if (!events.some((event) => event.type === "run.ended")) return this.#commit(batch);
    const control = streams.control(this.#options.loaded.run);
    const expectedSeq = this.seqs.get(control) ?? 0;
    const done = await this.#commit([...batch, { stream: control, expectedSeq, events: [] }]);
    if (done.ok || done.problems.every((problem) => problem.code !== "BATON-JOURNAL-SEQUENCE")) return done;
    const before = this.#folded;
    const read = await this.#foldControl(Number.POSITIVE_INFINITY);
    return !read.ok || this.#folded > before ? read : done;
  }

  #takeGroup(): readonly Waiting[] {
    const group: Waiting[] = [];
    for (const waiting of this.#queue.splice(0, GROUP)) {
      if (waiting.wanted(this.#state)) group.push(waiting);
      else waiting.settle(ok("dropped"));
    }
    return group;
  }

  #batchOf(events: readonly RunEvent[]): readonly StreamAppend[] {
    const { run, index } = this.#options.loaded;
    const ends = new Map(this.seqs);
    const batch: { stream: string; expectedSeq: number | null; events: NewEvent[] }[] = [];
    for (const event of events) {
      const stream = streamOf(
        run,
        event,
        "step" in event && event.step !== null ? index.steps.get(event.step) : undefined,
      );
      const seq = ends.get(stream) ?? 0;
      const open = batch.at(-1);
      if (open?.stream === stream) open.events.push(toNewEvent(event));
      else batch.push({ stream, expectedSeq: seq, events: [toNewEvent(event)] });
      ends.set(stream, seq + 1);
      if (event.type === "run.ended")
        batch.push({
          stream: streams.environment(index.plan.environment),
          expectedSeq: null,
          events: [environmentRunEnded(run, event.outcome, [...this.#state.parked.keys()].sort())],
        });
    }
    return batch;
  }

  async #commit(batch: readonly StreamAppend[]): Promise<Result<void>> {
    const stored = await this.#send(batch, this.#position);
    if (!stored.ok) return stored;
    const first = stored.value[0];
    // A gap in the positions may hide a person's request that was journaled before these events.
    if (first !== undefined && first.position > this.#position + 1) {
      const control = await this.#foldControl(first.position);
      if (!control.ok) return control;
    }
    return this.#fold(stored.value);
  }

  async #foldControl(before: number): Promise<Result<void>> {
    const { journal, clock, loaded, lost } = this.#options;
    const asked = await steadily(clock, lost, () =>
      journal.read(streams.control(loaded.run), this.#position),
    );
    return asked.ok ? this.#fold(asked.value.filter((event) => event.position < before)) : asked;
  }

  #fold(events: readonly StoredEvent[]): Result<void> {
    const { loaded, onChange, onEvent } = this.#options;
    const own = streams.run(loaded.run);
    for (const stored of events) {
      if (stored.stream === own || stored.stream.startsWith(`${own}/`)) {
        const recorded = fromStored(stored);
        if (!recorded.ok) return recorded;
        this.#state = apply(loaded.index, this.#state, recorded.value);
        this.seqs.set(stored.stream, stored.seq);
        this.#folded++;
        onEvent?.(recorded.value);
      }
      this.#position = Math.max(this.#position, stored.position);
    }
    const newest = events.at(-1);
    if (newest) onChange(newest.at);
    return ok(undefined);
  }
}

const factsWithoutEffect = (events: readonly RunEvent[]): Problem => ({
  code: "BATON-RUN-STUCK",
  message: `The run keeps asking to record ${events.map((event) => event.type).join(", ")}, and nothing comes of it.`,
  remedy: "This is a fault in Baton: keep the journal and report it. `baton rollback` may still lead on.",
});
