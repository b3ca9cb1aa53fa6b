import type { StreamHead } from "../audit/finding.ts";
import type { Result } from "../problem.ts";

/** An event exactly as the journal keeps it: its data is the text that was hashed, and nothing has been upcast. */
export interface JournalRow {
  readonly position: number;
  readonly stream: string;
  readonly seq: number;
  /** Whole milliseconds since 1970. */
  readonly at: number;
  readonly epoch: number;
  readonly type: string;
  readonly version: number;
  readonly data: string;
  readonly hash: string;
  readonly previous: string;
}

/** An event as far as a statement covers it. */
export type JournalLink = Pick<JournalRow, "position" | "stream" | "seq" | "hash" | "previous">;

/** A signed statement as it is stored; `text` holds the number and the position too. */
export interface StoredStatement {
  /** From 1, without gaps. */
  readonly number: number;
  /** Of the last event it covers. */
  readonly position: number;
  /** Canonical JSON of a `Statement`. */
  readonly text: string;
  /** Of the text, in base64. */
  readonly signature: string;
}

/** A snapshot as it is stored. */
export interface StoredSnapshot {
  readonly stream: string;
  readonly position: number;
  readonly version: number;
  readonly state: string;
}

/** A document as it is stored. */
export interface StoredDocument {
  readonly hash: string;
  readonly bytes: string;
}

/** What of the journal is looked for; what is left out or null narrows nothing down. */
export interface JournalSearch {
  /** Only streams at or below it; "" is all. */
  readonly prefix: string;
  readonly type: string | null;
  /** Only events whose data holds this text, in whatever case. */
  readonly text: string | null;
  /** Whole milliseconds since 1970, both included. */
  readonly from: number | null;
  readonly to: number | null;
  /** Only positions in front of this one. */
  readonly before: number;
  /** How many positions in front of it are looked through: what a call costs. */
  readonly span: number;
  readonly limit: number;
}

/**
 * The journal as those see it who check it or vouch for it: raw, page by page, so that a journal of any length is looked through
 * in constant memory. Pages begin behind what is named and are empty at the end.
 */
export interface JournalAudit {
  /** The journal's own name, drawn when it was made. */
  id(): Promise<Result<string>>;
  /** Position of the last event; 0 where there is none. */
  end(): Promise<Result<number>>;
  /** Events of the streams at or below `prefix` ("" is all), in order of position. */
  rows(prefix: string, afterPosition: number, limit: number): Promise<Result<readonly JournalRow[]>>;
  /** Events that fit, the newest first. Nothing found says nothing of what lies in front of the span. */
  search(search: JournalSearch): Promise<Result<readonly JournalRow[]>>;
  /** All events without what they say, up to a position that is included. */
  links(afterPosition: number, upTo: number, limit: number): Promise<Result<readonly JournalLink[]>>;
  /** Where each stream ended when the journal ended at this position, in the order of the streams' first events. */
  headsAt(position: number): Promise<Result<readonly StreamHead[]>>;
  statements(afterNumber: number, limit: number): Promise<Result<readonly StoredStatement[]>>;
  lastStatement(): Promise<Result<StoredStatement | null>>;
  /** Refused with `BATON-JOURNAL-SEQUENCE` unless its number follows the last one's. */
  saveStatement(statement: StoredStatement): Promise<Result<void>>;
  snapshots(afterStream: string, limit: number): Promise<Result<readonly StoredSnapshot[]>>;
  documents(afterHash: string, limit: number): Promise<Result<readonly StoredDocument[]>>;
}
