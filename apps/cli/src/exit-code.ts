import type { Problem } from "@baton/core";

/** What a command's exit code means; the table stands in `baton --help` and docs/ui. */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  /** Proof, lint or policy said no; nothing was changed. */
  refused: 3,
  /** A person is asked for something. */
  waits: 4,
  needsOperator: 5,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const REFUSALS = [
  "BATON-YAML",
  "BATON-TEMPLATE-NAME",
  "BATON-MIGRATION",
  "BATON-PLATFORM",
  "BATON-RELEASE",
  "BATON-PLAN",
  "BATON-APPROVAL",
  "BATON-RUN-OPEN",
  "BATON-RUN-UNFINISHED",
  "BATON-RUN-LOCKED",
  "BATON-RUN-SUPERSEDE",
  "BATON-RUN-DRIVEN",
  "BATON-START-RUNNING",
  "BATON-JOURNAL-NEWER",
  "BATON-RUN-MOVED",
  "BATON-BACKUP-RETENTION",
  "BATON-RESTORE-STATE",
  "BATON-RESTORE-OCCUPIED",
  "BATON-ACCESS-FORBIDDEN",
  "BATON-ACCESS-EXPIRY",
  "BATON-ACCESS-TOKEN-SCOPE",
  "BATON-ACCESS-LAST-ADMIN",
  "BATON-ACCESS-NO-PERSON",
  "BATON-ACCESS-NO-ROLE",
  "BATON-ACCESS-NO-TOKEN",
  "BATON-ACCESS-NO-INVITATION",
];

/** Begins like a refusal of the platform's file, and is none. */
const DOWN: Problem["code"] = "BATON-PLATFORM-DOWN";

/** Refused where the input or the policy said no, failed where the world did. */
export const exitCodeOf = (problems: readonly Problem[]): ExitCode =>
  problems.some(({ code }) => code !== DOWN && REFUSALS.some((prefix) => code.startsWith(prefix)))
    ? ExitCode.refused
    : ExitCode.failed;
