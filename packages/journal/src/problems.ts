import { failed, type Json, type Result } from "@baton/core";

export type JournalCode =
  | "BATON-JOURNAL-CLOSED"
  | "BATON-JOURNAL-DAMAGED"
  | "BATON-JOURNAL-EPOCH"
  | "BATON-JOURNAL-INPUT"
  | "BATON-JOURNAL-LEASE-HELD"
  | "BATON-JOURNAL-LOGIN"
  | "BATON-JOURNAL-NEWER"
  | "BATON-JOURNAL-REFUSED"
  | "BATON-JOURNAL-SEQUENCE"
  | "BATON-JOURNAL-SERVER"
  | "BATON-JOURNAL-UNREACHABLE";

/** A failure of the journal as a value. */
export const journalProblem = (
  code: JournalCode,
  message: string,
  remedy: string,
  details?: Json,
): Result<never> => failed({ code, message, remedy, ...(details === undefined ? {} : { details }) });

/** Somebody else appended to the stream first. */
export const sequenceProblem = (stream: string, expected: number, found: number): Result<never> =>
  journalProblem(
    "BATON-JOURNAL-SEQUENCE",
    `The stream ${stream} ends at ${found}, not at ${expected}: somebody else appended first.`,
    "Read what was appended, decide again and append after it.",
    { stream, expected, found },
  );

/** The lease is no longer the writer's: taken over, expired, released or never taken. */
export const epochProblem = (lease: string, epoch: number): Result<never> =>
  journalProblem(
    "BATON-JOURNAL-EPOCH",
    `The lease ${lease} with epoch ${epoch} is not held any more.`,
    "Stop performing. Another conductor goes on, or acquire the lease again.",
    { lease, epoch },
  );

/** Somebody else holds the lease. `expiresAt` is in milliseconds since 1970. */
export const heldProblem = (lease: string, owner: string, expiresAt: number): Result<never> =>
  journalProblem(
    "BATON-JOURNAL-LEASE-HELD",
    `The lease ${lease} is held by ${owner}.`,
    "Wait until it is released or has expired.",
    { lease, owner, expiresAt },
  );

/** Used after `close`. */
export const closedProblem = (): Result<never> =>
  journalProblem("BATON-JOURNAL-CLOSED", "The journal was closed.", "Open it again.");

/** What was given cannot be journaled. */
export const inputProblem = (message: string): Result<never> =>
  journalProblem("BATON-JOURNAL-INPUT", message, "This is a fault in the caller: mend it there.");

/** The database answered with less than its own functions promise. */
export const answerProblem = (message: string): Result<never> =>
  journalProblem(
    "BATON-JOURNAL-REFUSED",
    message,
    "Check that nobody changed the functions in the schema baton_journal.",
  );
