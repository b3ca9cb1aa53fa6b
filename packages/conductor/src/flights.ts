import type { Command } from "@baton/core";

/** An effect that `decide` wants carried out. */
export type PerformCommand = Extract<Command, { kind: "perform" }>;

/** An effect this process has in hand. */
export interface Flight {
  readonly command: PerformCommand;
  readonly controller: AbortController;
  /** True once the run no longer wants it: what fails then has failed for good. */
  cancelled: boolean;
  readonly landed: Promise<void>;
}

/** The effects this process has in hand, by key, so that a command asked for again is not started twice. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  get size(): number {
    return this.#flights.size;
  }

  get(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  /** Starts an effect; `then` is called when it is out of hand again. */
  start(command: PerformCommand, carryOut: (flight: Flight) => Promise<void>, then: () => void): void {
    const begun = Promise.withResolvers<void>();
    const flight: Flight = {
      command,
      controller: new AbortController(),
      cancelled: false,
      landed: begun.promise,
    };
    this.#flights.set(command.key, flight);
    void carryOut(flight).finally(() => {
      this.#flights.delete(command.key);
      begun.resolve();
      then();
    });
  }

  /** Aborts an effect that the run no longer wants; false where it is not in hand. */
  cancel(key: string): boolean {
    const flight = this.#flights.get(key);
    if (flight === undefined) return false;
    flight.cancelled = true;
    flight.controller.abort();
    return true;
  }

  abortAll(): void {
    for (const flight of this.#flights.values()) flight.controller.abort();
  }

  /** Resolves when nothing is in hand. */
  async empty(): Promise<void> {
    while (this.#flights.size > 0) await Promise.all([...this.#flights.values()].map(({ landed }) => landed));
  }
}
