import type { Json } from "../json.ts";
import type { Result } from "../problem.ts";
import type { JournalAudit } from "./journal-audit.ts";

/** An event to append. `version` is the version of its shape, so that a newer Baton can read an older run. */
export interface NewEvent {
  readonly type: string;
  readonly version: number;
  readonly data: Json;
}

export interface StoredEvent extends NewEvent {
  readonly stream: string;
  /** From 1, without gaps, per stream. */
  readonly seq: number;
  /** Order over all streams of the journal. */
  readonly position: number;
  /** Milliseconds since 1970 by the journal database's clock; never earlier than the stream's last event. */
  readonly at: number;
  readonly epoch: number;
  /** SHA-256, hex: see docs/journal.md for the bytes it covers. */
  readonly hash: string;
  /** Hash of the stream's event before; 64 zeros for the first. */
  readonly previous: string;
}

export interface StreamAppend {
  readonly stream: string;
  /** Sequence of the last event the writer has seen; 0 for a new stream. Null: append wherever the end is. */
  readonly expectedSeq: number | null;
  readonly events: readonly NewEvent[];
}

/**
 * Right to drive something, for a time. `epoch` rises with each change of holder and fences the one before. It is higher
 * than every epoch given before, of any lease: a target that one run has fenced must let the next run in.
 */
export interface Lease {
  readonly name: string;
  readonly owner: string;
  readonly epoch: number;
  /** By the database's clock. */
  readonly expiresAt: number;
  /** When this owner took it, by the database's clock; null where that was not written down. */
  readonly since: number | null;
}

export interface Snapshot {
  readonly position: number;
  readonly version: number;
  readonly state: Json;
}

/**
 * The append-only, hash-chained record that everything else follows from. Codes: `BATON-JOURNAL-SEQUENCE` (somebody
 * appended first), `BATON-JOURNAL-EPOCH` (a newer holder has the lease), `BATON-JOURNAL-UNREACHABLE`, `BATON-JOURNAL-LEASE-HELD`.
 */
export interface Journal {
  /** All or nothing over all the streams. With a lease, refused unless it is the newest epoch of that lease and not expired. */
  append(
    batch: readonly StreamAppend[],
    lease: Pick<Lease, "name" | "epoch"> | null,
  ): Promise<Result<readonly StoredEvent[]>>;
  /** Events of the streams equal to `prefix` or below `prefix/`, in order of position, after `afterPosition`. */
  read(prefix: string, afterPosition?: number, limit?: number): Promise<Result<readonly StoredEvent[]>>;
  /** Names of the streams equal to or below `prefix`, with their last sequence and hash. */
  heads(prefix: string): Promise<Result<readonly { stream: string; seq: number; hash: string }[]>>;
  /** Resolves when something was appended below `prefix` after `position`, or when the time is over. Says which. */
  changed(prefix: string, position: number, timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
  now(): Promise<Result<number>>;
  saveSnapshot(stream: string, snapshot: Snapshot): Promise<Result<void>>;
  loadSnapshot(stream: string): Promise<Result<Snapshot | null>>;
  /** Stores a document under its own hash (a plan's bytes); a second time is the first. */
  saveDocument(hash: string, bytes: string): Promise<Result<void>>;
  loadDocument(hash: string): Promise<Result<string | null>>;
  /** Takes the lease when it is free or expired or already this owner's; the epoch rises when the owner changes. */
  acquire(name: string, owner: string, ttlMs: number): Promise<Result<Lease>>;
  renew(lease: Lease, ttlMs: number): Promise<Result<Lease>>;
  release(lease: Lease): Promise<Result<void>>;
  /** The lease as it stands, expired or not; null when nobody ever took it. */
  leaseOf(name: string): Promise<Result<Lease | null>>;
  /** Passing figures (rows done of rows), for people who look on. Not part of the truth, not chained. */
  saveProgress(run: string, key: string, progress: Json): Promise<Result<void>>;
  loadProgress(run: string): Promise<Result<Readonly<Record<string, Json>>>>;
  /** Raw looks, for those who check the journal or vouch for it. */
  readonly audit: JournalAudit;
  close(): Promise<void>;
}
