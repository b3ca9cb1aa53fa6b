import type { Json, PlanIndex, RunState } from "@baton/core";
import {
  type Command,
  decide,
  type Journal,
  type Performer,
  type Ports,
  type Recorded,
  type Redactor,
  type RunEvent,
  SNAPSHOT_VERSION,
  toSnapshot,
} from "@baton/core";
import type { Clock } from "./clock.ts";
import { carryOut, type Rim, recordCancelled } from "./effect.ts";
import { Flights, type PerformCommand } from "./flights.ts";
import { journalTime } from "./journal-time.ts";
import type { KeptLease } from "./lease-keeper.ts";
import { Ledger } from "./ledger.ts";
import type { LoadedRun, RunSnapshot } from "./load-run.ts";
import { createProgressBoard } from "./progress-board.ts";
import { streams } from "./streams.ts";
import { createUnfenced } from "./unfenced.ts";

/** A run as whoever drives it sees it; `progress` by effect key, `now` is the journal's time. */
export interface DriveView {
  readonly index: PlanIndex;
  readonly state: RunState;
  readonly progress: Readonly<Record<string, Json>>;
  readonly now: number;
}

/** What a `Conductor` works with: one loaded run, under one lease that somebody else renews. */
export interface ConductorOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly loaded: LoadedRun;
  readonly lease: KeptLease;
  readonly performers: ReadonlyMap<string, Performer>;
  readonly ports: Ports;
  readonly snapshotEvery: number;
  /** The journal's time at the start. */
  readonly now: number;
  readonly on?: ((view: DriveView) => void) | undefined;
  readonly onEvent?: ((recorded: Recorded) => void) | undefined;
  readonly redactor: Redactor;
  /** Told after each change, with the number of events folded here so far. */
  readonly onFolded?: ((state: RunState, folded: number) => void) | undefined;
}

/** What one look at the run led to. */
export type Look = "busy" | "waiting" | "ended" | "broken";

/** How long one question for new requests stays open. */
const WATCH_MS = 20_000;

/** Turns decisions into effects, and effects into facts, for one run under one lease. */
export class Conductor {
  readonly #options: ConductorOptions;
  readonly #ledger: Ledger;
  readonly #flights = new Flights();
  readonly #cancelling = new Set<string>();
  readonly #rim: Rim;
  readonly #time: ReturnType<typeof journalTime>;
  readonly #board: ReturnType<typeof createProgressBoard>;
  readonly #watching = new AbortController();
  #bell = Promise.withResolvers<void>();
  #cancelWake: () => void = () => undefined;
  #taking = true;
  #leaving = false;
  #snapshotAt = 0;

  constructor(options: ConductorOptions) {
    const { journal, clock, loaded, lease, performers, ports, now } = options;
    this.#options = options;
    this.#time = journalTime(clock, now);
    this.#board = createProgressBoard(journal, clock, loaded.run, () => this.#show());
    this.#ledger = new Ledger({
      journal,
      clock,
      loaded,
      lease: lease.lease,
      lost: lease.lost,
      facts: (state) => this.#facts(state),
      onChange: (at) => this.#changed(at),
      onEvent: options.onEvent,
    });
    this.#rim = {
      index: loaded.index,
      run: loaded.run,
      performers,
      ports,
      epoch: lease.lease.epoch,
      ledger: this.#ledger,
      unfenced: createUnfenced({ journal, clock, run: loaded.run, takenAt: clock.elapsed() }),
      clock,
      tenants: new Map(loaded.plan.tenants.map((tenant) => [tenant.id, tenant])),
      mayAct: () => this.#taking && lease.alive(),
      leaving: () => this.#leaving,
      progress: (key, figures) => this.#board.report(key, figures),
      redactor: options.redactor,
    };
    lease.lost.addEventListener("abort", () => this.abort(), { once: true });
    void this.#watchControl();
  }

  get state(): RunState {
    return this.#ledger.state;
  }

  get ledger(): Pick<Ledger, "broken"> {
    return this.#ledger;
  }

  /** Journals the facts that are due, starts what is to be under way, and says how the run stands. */
  async look(): Promise<Look> {
    await this.#ledger.settle();
    this.#bell = Promise.withResolvers();
    if (this.#ledger.broken !== null) return "broken";
    const { state } = this.#ledger;
    const commands = decide(this.#options.loaded.index, state, this.#time.now());
    for (const command of commands) this.#obey(command);
    if (this.#flights.size > 0 || this.#cancelling.size > 0) return "busy";
    if (state.status === "ended") return "ended";
    const nothingToDo = commands.every((command) => command.kind === "wake");
    const waits = state.waiting !== null || state.paused !== null || commands.length === 0;
    return nothingToDo && waits ? "waiting" : "busy";
  }

  /** Resolves when there may be something new to decide. */
  changed(): Promise<void> {
    return this.#bell.promise;
  }

  /** Rings the bell from outside: the lease is lost, somebody wants to stop. */
  ring(): void {
    this.#bell.resolve();
  }

  /** Begins no further effect. */
  stopTaking(): void {
    this.#taking = false;
  }

  /** Aborts all effects in hand, for this process leaves the run; what fails from here on is not journaled as a failure. */
  abort(): void {
    this.#taking = false;
    this.#leaving = true;
    this.#flights.abortAll();
    this.ring();
  }

  /** Resolves when no effect is in hand any more. */
  landed(): Promise<void> {
    return this.#flights.empty();
  }

  /** Ends the watch for requests and saves a snapshot where the lease still allows it. */
  async close(): Promise<void> {
    this.#taking = false;
    this.#watching.abort();
    this.#cancelWake();
    if (this.#options.lease.alive()) await this.#ledger.settle().then(() => this.saveSnapshot());
  }

  /** Saves the state, so that the next one to load the run has less to read. A failure costs nothing but that. */
  async saveSnapshot(): Promise<void> {
    const { journal, loaded } = this.#options;
    if (this.#ledger.folded === this.#snapshotAt) return;
    this.#snapshotAt = this.#ledger.folded;
    const kept: RunSnapshot = {
      state: toSnapshot(this.#ledger.state),
      seqs: Object.fromEntries(this.#ledger.seqs),
    };
    const { position } = this.#ledger;
    const snapshot = { position, version: SNAPSHOT_VERSION, state: kept as unknown as Json };
    await journal.saveSnapshot(streams.run(loaded.run), snapshot);
  }

  #facts(state: RunState): readonly RunEvent[] {
    const commands = decide(this.#options.loaded.index, state, this.#time.now());
    return commands.flatMap((command) => (command.kind === "record" ? command.events : []));
  }

  #obey(command: Command): void {
    switch (command.kind) {
      case "perform":
        this.#perform(command);
        break;
      case "cancel":
        this.#cancel(command);
        break;
      case "wake":
        this.#wakeAt(command.at);
        break;
      case "record":
        // A time came since the ledger looked: it looks again, and journals what follows.
        this.ring();
        break;
    }
  }

  #perform(command: PerformCommand): void {
    if (!this.#rim.mayAct() || this.#flights.get(command.key)) return;
    this.#flights.start(
      command,
      (flight) => carryOut(flight, this.#rim),
      () => {
        this.#board.forget(command.key);
        this.ring();
      },
    );
  }

  #cancel(command: Extract<Command, { kind: "cancel" }>): void {
    if (this.#flights.cancel(command.key) || this.#cancelling.has(command.key)) return;
    this.#cancelling.add(command.key);
    void recordCancelled(this.#rim, command).finally(() => {
      this.#cancelling.delete(command.key);
      this.ring();
    });
  }

  #wakeAt(at: number): void {
    this.#cancelWake();
    this.#cancelWake = this.#options.clock.after(at - this.#time.now(), () => this.ring());
  }

  #changed(at: number): void {
    this.#time.heard(at);
    this.#options.onFolded?.(this.#ledger.state, this.#ledger.folded);
    this.ring();
    this.#show();
    if (this.#ledger.folded - this.#snapshotAt >= this.#options.snapshotEvery) void this.saveSnapshot();
  }

  #show(): void {
    const { on, loaded } = this.#options;
    on?.({
      index: loaded.index,
      state: this.#ledger.state,
      progress: this.#board.figures,
      now: this.#time.now(),
    });
  }

  /** Folds people's requests as they come. */
  async #watchControl(): Promise<void> {
    const { journal, clock, loaded } = this.#options;
    const signal = AbortSignal.any([this.#watching.signal, this.#options.lease.lost]);
    while (!signal.aborted) {
      const askedAt = clock.elapsed();
      const found = await journal.changed(
        streams.control(loaded.run),
        this.#ledger.position,
        WATCH_MS,
        signal,
      );
      if (signal.aborted) return;
      if (found) await this.#ledger.readControl();
      // An answer before its time is a journal that cannot say: ask again, but not at once.
      else if (clock.elapsed() - askedAt < WATCH_MS / 2)
        await new Promise<void>((resolve) => void clock.after(250, resolve));
      if (this.#ledger.broken !== null) return;
    }
  }
}
