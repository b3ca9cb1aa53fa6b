import type { Sha256 } from "../plan/hash.ts";
import type { StoredStatement } from "../ports/journal-audit.ts";
import type { Problem } from "../problem.ts";
import { NO_HASH } from "./chain.ts";
import { Findings, finding } from "./finding.ts";
import {
  fitsSize,
  readStatement,
  type SignedText,
  type Statement,
  signedBytes,
  type VerifySignature,
} from "./statement.ts";

export interface CheckStatementsOptions {
  /** The journal's name; null where it is taken from the statements themselves. */
  readonly journal: string | null;
  /** As the journal has them, in the order of their numbers. */
  readonly stored: readonly StoredStatement[];
  /** The lines of the anchor as they stand there; null where there is none. */
  readonly anchor: readonly string[] | null;
  readonly verify: VerifySignature;
  /** Whether `verify` knows any key at all: without one nothing can be said, with one a strange key is a finding. */
  readonly knowsKeys: boolean;
  readonly sha256: Sha256;
}

export interface CheckedStatements {
  /** Those to compare the journal with: signatures good, in order; what only the anchor has is among them. */
  readonly good: readonly Statement[];
  readonly findings: Findings;
  /** What nobody can say, each with its reason. Unknown is never green. */
  readonly unknown: readonly Problem[];
}

interface Numbered extends SignedText {
  readonly number: number;
}

/**
 * Looks at what was signed of a journal, and at the copy of it outside. Codes: `BATON-AUDIT-STATEMENT` (unreadable, missing, out
 * of line), `-SIGNATURE`, `-KEY`, `-JOURNAL`, `-ANCHOR-LINE`, `-ANCHOR-DIFFERS`, `-ANCHOR-AHEAD`; unknown: `-ANCHOR-MISSING`,
 * `-ANCHOR-BEHIND`, `-KEY-MISSING`.
 */
export function checkStatements(options: CheckStatementsOptions): CheckedStatements {
  const { stored, anchor, sha256 } = options;
  const findings = new Findings();
  const unknown: Problem[] = [];
  const good = new Map<number, Statement>();
  const judge = judgeOf(options, findings, unknown);
  let last: StoredStatement | null = null;
  for (const one of stored) {
    const gap = one.number - (last?.number ?? 0) - 1;
    if (gap > 0)
      findings.add(
        finding("STATEMENT", `${counted(gap, "statement")} in front of number ${one.number} were removed.`, {
          statement: one.number - gap,
        }),
      );
    const statement = judge(one, "the journal");
    if (statement !== null) {
      if (statement.number !== one.number || statement.position !== one.position)
        findings.add(
          finding(
            "STATEMENT",
            `Statement ${one.number} stands under another number or position than it was signed for.`,
            { statement: one.number },
          ),
        );
      else if (gap === 0 && statement.previous !== (last === null ? NO_HASH : sha256(last.text)))
        findings.add(
          finding(
            "STATEMENT",
            `Statement ${one.number} was not signed behind the one that stands in front of it.`,
            { statement: one.number },
          ),
        );
      else good.set(one.number, statement);
    }
    last = one;
  }
  if (anchor === null) {
    if (stored.length > 0) unknown.push(anchorMissing());
  } else checkAnchor(options, readAnchor(anchor, findings), { findings, unknown, good, judge });
  return { good: [...good.values()].sort((a, b) => a.number - b.number), findings, unknown };
}

type Judge = (one: Numbered, where: string) => Statement | null;

/** Reads one signed text and checks its signature; null where it cannot be used. An unknown key is told once. */
function judgeOf(options: CheckStatementsOptions, findings: Findings, unknown: Problem[]): Judge {
  const strange = new Set<string>();
  return ({ text, signature, number }, where) => {
    const statement = readStatement(text);
    if (statement === null || !fitsSize(statement.events, statement.position)) {
      findings.add(
        finding("STATEMENT", `Statement ${number} in ${where} cannot be read as one.`, { statement: number }),
      );
      return null;
    }
    const signed = options.verify(statement.key, signedBytes(text), signature);
    if (signed === false) {
      findings.add(
        finding(
          "SIGNATURE",
          `The signature under statement ${number} in ${where} is not that of the key ${statement.key.slice(0, 16)}: the statement was edited or forged.`,
          { statement: number, key: statement.key },
        ),
      );
      return null;
    }
    if (options.journal !== null && statement.journal !== options.journal) {
      findings.add(
        finding(
          "JOURNAL",
          `Statement ${number} in ${where} is about the journal ${statement.journal}; this one is called ${options.journal}.`,
          { statement: number, journal: statement.journal },
        ),
      );
      return null;
    }
    if (signed === null) {
      if (!strange.has(statement.key)) {
        if (options.knowsKeys) findings.add(strangeKey(statement.key, number));
        else unknown.push(keyMissing());
      }
      strange.add(statement.key);
      return null;
    }
    return statement;
  };
}

/** The anchor's statements by number. A line that an interrupted write left behind is the beginning of a later one. */
function readAnchor(lines: readonly string[], findings: Findings): ReadonlyMap<number, Numbered> {
  const found = new Map<number, Numbered>();
  for (const [at, line] of lines.entries()) {
    const read = readAnchorLine(line);
    if (read === null) {
      if (!lines.slice(at + 1).some((later) => later.startsWith(line)))
        findings.add(
          finding("ANCHOR-LINE", `Line ${at + 1} of the anchor is no statement.`, { line: at + 1 }),
        );
      continue;
    }
    const there = found.get(read.number);
    if (there !== undefined && (there.text !== read.text || there.signature !== read.signature))
      findings.add(
        finding("ANCHOR-DIFFERS", `The anchor holds two statements of number ${read.number}.`, {
          statement: read.number,
          line: at + 1,
        }),
      );
    else found.set(read.number, read);
  }
  return found;
}

/** One line of an anchor, as `anchorLine` writes it. */
export function readAnchorLine(line: string): (Numbered & { readonly journal: string }) | null {
  try {
    const read: unknown = JSON.parse(line);
    if (typeof read !== "object" || read === null || !("text" in read) || !("signature" in read)) return null;
    const { text, signature } = read;
    if (typeof text !== "string" || typeof signature !== "string") return null;
    const statement = readStatement(text);
    return statement && { number: statement.number, journal: statement.journal, text, signature };
  } catch {
    return null;
  }
}

/** A signed statement as one line of an anchor, without its end. */
export const anchorLine = ({ text, signature }: SignedText): string => JSON.stringify({ signature, text });

interface Sofar {
  readonly findings: Findings;
  readonly unknown: Problem[];
  readonly good: Map<number, Statement>;
  readonly judge: Judge;
}

function checkAnchor(
  { stored }: CheckStatementsOptions,
  anchored: ReadonlyMap<number, Numbered>,
  { findings, unknown, good, judge }: Sofar,
): void {
  const newest = Math.max(0, ...anchored.keys());
  const there = new Map(stored.map((one) => [one.number, one]));
  const last = stored.at(-1)?.number ?? 0;
  for (const one of stored) {
    const copy = anchored.get(one.number);
    if (copy === undefined && one.number < newest)
      findings.add(
        finding("ANCHOR-LINE", `The anchor lacks statement ${one.number}: a line was removed.`, {
          statement: one.number,
        }),
      );
    if (copy === undefined || (copy.text === one.text && copy.signature === one.signature)) continue;
    findings.add(
      finding("ANCHOR-DIFFERS", `Statement ${one.number} in the journal is another one than in the anchor.`, {
        statement: one.number,
      }),
    );
    const outside = judge(copy, "the anchor");
    if (outside !== null) good.set(one.number, outside);
  }
  if (last > newest) unknown.push(anchorBehind(newest, last));
  const ahead = [...anchored.values()].filter(({ number }) => !there.has(number));
  for (const one of ahead) {
    const statement = judge(one, "the anchor");
    if (statement !== null) good.set(one.number, statement);
  }
  if (newest > last) findings.add(anchorAhead(newest, last));
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

/** The anchor is further than the journal: its end was cut, or an older copy of it was put in its place. */
export const anchorAhead = (anchored: number, stored: number): Problem =>
  finding(
    "ANCHOR-AHEAD",
    `The anchor holds statements up to number ${anchored}, the journal up to ${stored}: the journal's end was cut off, or it is an older copy.`,
    { anchored, stored },
    "If you brought back a backup yourself, set the anchor's file aside as evidence and run `baton audit sign`. Otherwise find out who could write to the journal.",
  );

const anchorMissing = (): Problem =>
  finding(
    "ANCHOR-MISSING",
    "There is no anchor of this journal here, so nobody can say whether its end was cut off or all of it was rewritten together with its statements.",
    {},
    "Name the folder of the anchors with `--anchors`. If there never was one, `baton audit sign` writes it from now on.",
  );

const anchorBehind = (anchored: number, stored: number): Problem =>
  finding(
    "ANCHOR-BEHIND",
    `The anchor holds statements up to number ${anchored}, the journal up to ${stored}: what lies between is signed, and kept nowhere else.`,
    { anchored, stored },
    "Run `baton audit sign`, which brings the anchor up to date. If the anchor was up to date before, its end was cut off.",
  );

const strangeKey = (key: string, number: number): Problem =>
  finding(
    "KEY",
    `Statement ${number} is signed with the key ${key.slice(0, 16)}, which is none of those known here: it says nothing.`,
    { key, statement: number },
    "Name the public key with `--key FILE` if it is yours (an older one, or another machine's). Otherwise somebody forged the statement.",
  );

const keyMissing = (): Problem =>
  finding(
    "KEY-MISSING",
    "No key is known here, so nobody can say whether the signatures are good.",
    {},
    "Name the public key with `--key FILE`; `baton audit key` prints it where the journal is signed.",
  );
