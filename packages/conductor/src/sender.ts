import { type Journal, type Lease, ok, type Result, type StoredEvent, type StreamAppend } from "@baton/core";
import type { Clock } from "./clock.ts";
import { steadily } from "./steadily.ts";
import { streams } from "./streams.ts";

export interface SenderOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly run: string;
  readonly lease: Lease;
  readonly lost: AbortSignal;
}

/** Appends a run's batches under its lease, once each, also where an answer gets lost on the way. */
export interface Sender {
  /** `position`: the last one the caller has seen of this run. */
  send(batch: readonly StreamAppend[], position: number): Promise<Result<readonly StoredEvent[]>>;
}

/**
 * Asks again while the journal cannot be reached. A commit whose answer was lost shows itself by a sequence that has moved on:
 * then what is there is read, since under this lease's epoch only this sender writes.
 */
export function createSender({ journal, clock, run, lease, lost }: SenderOptions): Sender {
  async function findCommitted(
    batch: readonly StreamAppend[],
    position: number,
    refused: Result<readonly StoredEvent[]>,
  ): Promise<Result<readonly StoredEvent[]>> {
    const there = await journal.read(streams.run(run), position);
    if (!there.ok) return there;
    const control = streams.control(run);
    const mine = there.value.filter((event) => event.epoch === lease.epoch && event.stream !== control);
    const sent = batch.filter((part) => part.stream.startsWith("run/")).flatMap((part) => part.events);
    const same = mine.length === sent.length && mine.every((event, at) => event.type === sent[at]?.type);
    return same ? ok(mine) : refused;
  }

  return {
    send: (batch, position) => {
      let unanswered = false;
      return steadily(clock, lost, async () => {
        const stored = await journal.append(batch, lease);
        if (stored.ok) return stored;
        const moved = stored.problems.some((problem) => problem.code === "BATON-JOURNAL-SEQUENCE");
        if (moved && unanswered) return findCommitted(batch, position, stored);
        unanswered = true;
        return stored;
      });
    },
  };
}
