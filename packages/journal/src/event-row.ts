import { type Json, ok, type Result, type StoredEvent } from "@baton/core";
import { journalProblem } from "./problems.ts";
import type { Upcast } from "./upcast.ts";

/** An event as it is kept: its data is the text that was hashed. */
export interface EventRow extends Omit<StoredEvent, "data"> {
  readonly data: string;
}

/** The events as a reader gets them: in their newest shape, each with the hash of its stored one. */
export function toEvents(rows: readonly EventRow[], upcast: Upcast): Result<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (const row of rows) {
    try {
      const { type, version, stream, seq, position, at, epoch, hash, previous } = row;
      const newest = upcast({ type, version, data: JSON.parse(row.data) as Json });
      events.push({ ...newest, stream, seq, position, at, epoch, hash, previous });
    } catch (error) {
      return journalProblem(
        "BATON-JOURNAL-DAMAGED",
        `Event ${row.seq} of ${row.stream} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
        "Run `baton audit verify` to find what was changed, and bring the journal back from a backup.",
        { stream: row.stream, seq: row.seq },
      );
    }
  }
  return ok(events);
}
