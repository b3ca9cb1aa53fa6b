import { createHash } from "node:crypto";

/** What comes before the first event of a stream. */
export const noHash = "0".repeat(64);

/** An event as the hash sees it; `text` is its data exactly as stored. */
export interface HashedEvent {
  readonly stream: string;
  readonly seq: number;
  /** Whole milliseconds since 1970. */
  readonly at: number;
  readonly epoch: number;
  readonly type: string;
  readonly version: number;
  readonly text: string;
}

/** SHA-256, hex, of an event behind `previous`. docs/journal.md describes the bytes; the SQL function makes the same. */
export function eventHash(previous: string, event: HashedEvent): string {
  const { stream, seq, at, epoch, type, version, text } = event;
  return createHash("sha256")
    .update([previous, stream, seq, at, epoch, type, version, text].join("\n"), "utf8")
    .digest("hex");
}
