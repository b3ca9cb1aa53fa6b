import type { Problem } from "../problem.ts";
import { isoTime } from "../words/iso-time.ts";
import { type Findings, finding } from "./finding.ts";
import type { JournalCheck } from "./journal-check.ts";

/** What a check of a journal found. */
export interface Verification {
  readonly journal: string;
  readonly events: number;
  readonly streams: number;
  readonly statements: number;
  /** Position up to which all is as it was signed. */
  readonly signedTo: number;
  /** Events behind it, which nothing but their own chains vouches for. */
  readonly unsigned: number;
  /** When the first of them was written, milliseconds since 1970; null where there is none. */
  readonly unsignedSince: number | null;
  /** Snapshots and plans that were compared. */
  readonly records: number;
  /** What is wrong: the first hundred, and how many in all. */
  readonly problems: readonly Problem[];
  readonly found: number;
  /** What nobody can say. Unknown is never green. */
  readonly unknown: readonly Problem[];
}

/** True: all of it is as it was signed and anchored. Null: nobody can say. */
export const isIntact = ({ events, problems, unknown }: Verification): boolean | null =>
  problems.length > 0 ? false : unknown.length > 0 || events === 0 ? null : true;

/** One answer out of what the parts of a check have found. */
export function summed(
  journal: string,
  statements: number,
  check: JournalCheck,
  unknown: readonly Problem[],
  findings: readonly Findings[],
  records: number,
): Verification {
  const { events, streams, signedTo, position, behindSince } = check;
  const found = findings.reduce((sum, { count }) => sum + count, 0);
  const unsigned = Math.max(0, position - signedTo);
  const unsignedSince = unsigned === 0 ? null : behindSince;
  const tail = found === 0 && unsigned > 0 ? [unsignedTail(unsigned, signedTo, unsignedSince)] : [];
  const problems = findings.flatMap(({ list }) => list).slice(0, 100);
  return {
    journal,
    events,
    streams,
    statements,
    signedTo,
    unsigned,
    unsignedSince,
    records,
    problems,
    found,
    unknown: [...unknown, ...tail],
  };
}

/** The code of what only the newest, unsigned events leave open. */
export const UNSIGNED: Problem["code"] = "BATON-AUDIT-UNSIGNED";

function unsignedTail(events: number, signedTo: number, since: number | null): Problem {
  const iso = since === null ? null : isoTime(since);
  const when = iso === null ? "" : `, since ${iso.slice(0, 19).replace("T", " ")} UTC`;
  return finding(
    "UNSIGNED",
    `${events} events behind position ${signedTo} are not signed yet${when}: nothing but their own chains vouches for them.`,
    { events, position: signedTo + 1, since: iso },
    "While a run is driven that is so for a minute at most, which `baton audit verify --allow-unsigned SECONDS` accepts. Otherwise run `baton audit sign`.",
  );
}
