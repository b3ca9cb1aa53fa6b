import { type Problem, ProblemError } from "@baton/core";

/** The file is not a whole backup, or not as it was written. */
export const damaged = (why: string): Problem => ({
  code: "BATON-BACKUP-DAMAGED",
  message: `The backup cannot be used: ${why}.`,
  remedy: "Use another backup. Nothing was restored from this one.",
});

/** Something in the database that Baton does not know how to copy. Nothing is left out silently. */
export const unknownObjects = (database: string, what: readonly string[]): Problem => ({
  code: "BATON-BACKUP-UNKNOWN",
  message: `The database ${database} holds what Baton cannot back up: ${what.join(", ")}.`,
  remedy: "Back this database up with pg_dump of its server's version, or take these objects out of it.",
  details: { database, objects: [...what] },
});

/** What was restored is not what was backed up. */
export const different = (what: readonly string[]): Problem => ({
  code: "BATON-BACKUP-DIFFERENT",
  message: `What the backup gives back is not what was backed up: ${listed(what)}.`,
  remedy: "Do not rely on this backup. Make a new one; if it happens again, report it with these details.",
  details: { differences: what.slice(0, 50) },
});

/** The file is not the one that is meant: another tenant's, or of another kind. */
export const foreign = (file: string, is: string, wanted: string): Problem => ({
  code: "BATON-BACKUP-FOREIGN",
  message: `${file} is a backup of ${is}, not of ${wanted}.`,
  remedy: `Name a backup of ${wanted}.`,
  where: { file },
});

/** There is no such backup. */
export const missing = (what: string): Problem => ({
  code: "BATON-BACKUP-MISSING",
  message: `There is no backup ${what}.`,
  remedy: "See `baton status` for the backups there are, or make one with `baton backup`.",
});

/** The key with which this file was sealed cannot be had. */
export const sealedOtherwise = (): Problem => ({
  code: "BATON-BACKUP-KEY",
  message: "The backup does not open with this key or passphrase.",
  remedy:
    "Give the passphrase of the key file that Baton had when the backup was made: BATON_KEYS_PASSPHRASE, or --passphrase-file.",
});

/** A database that is there is not made anew over it. */
export const occupied = (database: string): Problem => ({
  code: "BATON-RESTORE-OCCUPIED",
  message: `The server has a database ${database} already; it was not touched.`,
  remedy: "Restore to a server that does not have it, or rename it first.",
  details: { database },
});

const cancelled: Problem = {
  code: "BATON-BACKUP-CANCELLED",
  message: "The backup or restore was called off before it was through.",
  remedy:
    "Resume the run, or give the command again: it begins anew, and what was half-done is cleared away.",
};

const listed = (what: readonly string[]): string =>
  what.length <= 5 ? what.join("; ") : `${what.slice(0, 5).join("; ")} and ${what.length - 5} more`;

/** SQLSTATE or system code of an error, if it has one. */
export const errorCode = (error: unknown): string | null =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;

const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "53100"]);
const LOST = /^(57P0|08|28|3D000|53300|ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|EPIPE)/;
const LOST_WORDS = /connection terminated|timeout expired|not queryable|Connection terminated/i;

/** Whatever was thrown, as problems. `what` names the subject in words; no message holds a row's values. */
export function problemsOf(error: unknown, what: string): readonly Problem[] {
  if (error instanceof ProblemError) return error.problems;
  if (error instanceof Error && (error.name === "AbortError" || errorCode(error) === "ABORT_ERR"))
    return [cancelled];
  const code = errorCode(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code !== null && NO_ROOM.has(code))
    return [
      {
        code: "BATON-BACKUP-ROOM",
        message: `${what}: the disk is full.`,
        remedy: "Free room where the backups are kept, or name another folder; then try again.",
      },
    ];
  if (code?.startsWith("Z_") === true) return [damaged("its content cannot be unpacked")];
  if (code === "55P03" || code === "55006")
    return [
      {
        code: "BATON-BACKUP-LOCKED",
        message: `${what}: a lock was not to be had, or somebody is still connected (${code}).`,
        remedy:
          "Look for a long transaction or a session in that database (pg_stat_activity), then try again.",
      },
    ];
  if ((code !== null && LOST.test(code)) || LOST_WORDS.test(message))
    return [
      {
        code: "BATON-BACKUP-UNREACHABLE",
        message: `${what}: the database cannot be reached${code === null ? "" : ` (${code})`}.`,
        remedy: "See that the database server runs and takes connections; then try again.",
      },
    ];
  return [
    {
      code: "BATON-BACKUP-FAILED",
      message: `${what}: ${message.split("\n")[0]}${code === null ? "" : ` (${code})`}.`,
      remedy: "Mend what the message names, then try again. What was there before is untouched.",
    },
  ];
}
