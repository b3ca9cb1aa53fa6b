import {
  checkStatements,
  type Journal,
  JournalCheck,
  type JournalRow,
  ProblemError,
  type Result,
  type StoredStatement,
  type StreamHead,
  summed,
  type Verification,
  type VerifySignature,
} from "@baton/core";
import { sha256 } from "@baton/journal";
import { z } from "zod";
import { paged, tried } from "./pages.ts";
import { verifyRecords } from "./verify-records.ts";

export interface VerifyOptions {
  readonly journal: Pick<Journal, "audit" | "heads" | "loadDocument">;
  /** The anchor's lines; null where there is none. */
  readonly anchor: readonly string[] | null;
  readonly verify: VerifySignature;
  readonly knowsKeys: boolean;
  /** Called now and then with the position reached. */
  readonly progress?: (position: number) => void;
}

/** Events read at a time. */
const PAGE = 2_000;

/**
 * Checks a whole journal: every event's hash and link, the order of all of them, what was signed, the copy of that outside, the
 * list of heads, the snapshots and the plans. Unknown beside what `checkStatements` cannot say: `BATON-AUDIT-UNSIGNED`. Reads page by page; memory grows with streams and statements, not with events.
 */
export function verifyJournal(options: VerifyOptions): Promise<Result<Verification>> {
  return tried(async () => {
    const { journal, anchor, verify, knowsKeys, progress } = options;
    const id = must(await journal.audit.id());
    // Where it ends now: what is appended while we read is left to the next check.
    const end = must(await journal.audit.end());
    const stored: StoredStatement[] = [];
    for await (const one of statementsOf(journal))
      if (one.position <= end || stored.length === 0) stored.push(one);
    const signed = checkStatements({ journal: id, stored, anchor, verify, knowsKeys, sha256 });
    const plans = new Map<string, string | null>();
    const check = new JournalCheck({ statements: signed.good, prefix: "", sha256 });
    for await (const row of rowsOf(journal, "")) {
      if (row.position > end) break;
      check.take(row);
      if (row.type === "run.opened") notePlan(plans, row);
      if (check.events % PAGE === 0) progress?.(row.position);
    }
    check.end(await headsAtEnd(journal, end));
    const records = await verifyRecords({ journal, plans });
    return summed(
      id,
      stored.length,
      check,
      signed.unknown,
      [signed.findings, check.findings, records.findings],
      records.count,
    );
  });
}

const OpenedWith = z.object({ planHash: z.string(), planBytes: z.string().nullish() });

function notePlan(plans: Map<string, string | null>, { data }: JournalRow): void {
  try {
    const { planHash, planBytes } = OpenedWith.parse(JSON.parse(data));
    plans.set(planHash, planBytes ?? plans.get(planHash) ?? null);
  } catch {
    // What cannot be read was changed, and its hash shows it.
  }
}

/** The list of heads, where nothing was appended since; a journal at work is compared the next time. */
async function headsAtEnd(
  journal: VerifyOptions["journal"],
  end: number,
): Promise<readonly StreamHead[] | null> {
  const heads = must(await journal.heads(""));
  return must(await journal.audit.end()) === end ? heads : null;
}

/** All events below a prefix, raw and in order. */
export const rowsOf = (journal: Pick<Journal, "audit">, prefix: string): AsyncGenerator<JournalRow> =>
  paged(
    0,
    (after) => journal.audit.rows(prefix, after, PAGE),
    ({ position }) => position,
  );

/** All stored statements in order. */
export const statementsOf = (journal: Pick<Journal, "audit">): AsyncGenerator<StoredStatement> =>
  paged(
    0,
    (after) => journal.audit.statements(after, 500),
    ({ number }) => number,
  );

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
}
