import type { Sha256 } from "../plan/hash.ts";

/** What comes before the first event of a stream. */
export const NO_HASH = "0".repeat(64);

/** An event as the chain covers it. */
export interface ChainedEvent {
  readonly stream: string;
  /** From 1, without gaps. */
  readonly seq: number;
  /** Whole milliseconds since 1970. */
  readonly at: number;
  readonly epoch: number;
  readonly type: string;
  readonly version: number;
  /** The event's data exactly as stored. */
  readonly text: string;
}

/**
 * The hash of an event behind `previous`: SHA-256 over `previous`, `stream`, `seq`, `at`, `epoch`, `type`, `version` and `text`,
 * each on a line of its own, numbers in decimal. Only the last of them may hold a line break, so no two events share bytes.
 */
export const eventHash = (previous: string, event: ChainedEvent, sha256: Sha256): string => {
  const { stream, seq, at, epoch, type, version, text } = event;
  return sha256([previous, stream, seq, at, epoch, type, version, text].join("\n"));
};
