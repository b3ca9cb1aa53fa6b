import { fromStored, streams } from "@baton/conductor";
import type { RunEvent } from "@baton/core";
import type { Session } from "@baton/session";
import { type JournaledEvent, must, steady } from "../test/live-platform.ts";

/** A run's journal as it grows, read from outside. */
export class RunLog {
  readonly events: JournaledEvent[] = [];
  readonly run: string;
  readonly #session: Session;
  readonly #directions = new Map<string, "do" | "undo">();

  constructor(session: Session, run: string) {
    this.#session = session;
    this.run = run;
  }

  /** Position of the newest event read. */
  get position(): number {
    return this.events.at(-1)?.stored.position ?? 0;
  }

  /** Reads what came since. A journal that is away for a moment is waited for. */
  async read(): Promise<void> {
    const page = await steady(() => this.#session.journal.read(streams.run(this.run), this.position));
    for (const stored of page) {
      const { event } = must(fromStored(stored));
      if (event.type === "effect.intended") this.#directions.set(event.key, event.direction);
      this.events.push({ stored, event });
    }
  }

  /** Waits until something may have come, a second at most, and reads it. */
  async next(): Promise<void> {
    await this.#session.journal.changed(streams.run(this.run), this.position, 1_000);
    await this.read();
  }

  /** Which way the effect goes that this event belongs to; null for other events, and for an effect that never had an intent. */
  directionOf(event: RunEvent): "do" | "undo" | null {
    return "key" in event ? (this.#directions.get(event.key) ?? null) : null;
  }
}
