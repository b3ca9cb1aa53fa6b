import { z } from "zod";
import type { Sha256 } from "../plan/hash.ts";
import type { StoredStatement } from "../ports/journal-audit.ts";
import { checkStatements } from "./check-statements.ts";
import { Findings, finding } from "./finding.ts";
import { JournalCheck } from "./journal-check.ts";
import type { VerifySignature } from "./statement.ts";
import { summed, type Verification } from "./verification.ts";

const Head = z.strictObject({
  kind: z.literal("journal"),
  format: z.literal("baton-export/1"),
  journal: z.string(),
  run: z.string().nullable(),
  position: z.int(),
});
const StatementLine = z.strictObject({
  kind: z.literal("statement"),
  number: z.int(),
  position: z.int(),
  text: z.string(),
  signature: z.string(),
});
const EventLine = z.strictObject({
  kind: z.literal("event"),
  position: z.int(),
  stream: z.string(),
  seq: z.int(),
  at: z.int(),
  epoch: z.int(),
  type: z.string(),
  version: z.int(),
  data: z.string(),
  hash: z.string(),
  previous: z.string(),
});
const End = z.strictObject({ kind: z.literal("end"), events: z.int(), statements: z.int() });
const Line = z.discriminatedUnion("kind", [Head, StatementLine, EventLine, End]);

export interface CheckExportOptions {
  readonly lines: AsyncIterable<string>;
  /** The anchor's lines; null where none was named. */
  readonly anchor: readonly string[] | null;
  readonly verify: VerifySignature;
  readonly knowsKeys: boolean;
  readonly sha256: Sha256;
  /** Called now and then with the events looked at so far. */
  readonly progress?: (events: number) => void;
}

/** Whether what the file holds can be checked at all, and how far it has come. */
interface Reading {
  readonly head: z.infer<typeof Head>;
  readonly stored: StoredStatement[];
  check: JournalCheck | null;
  signed: ReturnType<typeof checkStatements> | null;
  end: z.infer<typeof End> | null;
}

/**
 * Checks an exported journal, or one run of it, from the file alone, line by line. Beside the codes of a check of the journal itself:
 * `BATON-AUDIT-EXPORT` for a file that is none, that breaks off or that lacks lines.
 */
export async function checkExport(options: CheckExportOptions): Promise<Verification> {
  const own = new Findings();
  let reading: Reading | null = null;
  let number = 0;
  for await (const text of options.lines) {
    number++;
    const line = readLine(text);
    if (line === null) own.add(exportFinding(`Line ${number} is none of an export.`, number));
    else if (line.kind === "journal") {
      if (reading !== null) own.add(exportFinding(`Line ${number} begins another export.`, number));
      reading ??= { head: line, stored: [], check: null, signed: null, end: null };
    } else if (reading === null || reading.end !== null)
      own.add(exportFinding(`Line ${number} stands outside the export.`, number));
    else if (line.kind === "statement") {
      if (reading.check !== null)
        own.add(exportFinding(`Line ${number}: a statement behind the events.`, number));
      else reading.stored.push(line);
    } else if (line.kind === "event") {
      if (!isOf(reading.head.run, line.stream))
        own.add(
          exportFinding(
            `Line ${number} holds an event of ${line.stream}, which this export is not about.`,
            number,
          ),
        );
      const check = begun(reading, options);
      check.take(line);
      if (check.events % TOLD_EVERY === 0) options.progress?.(check.events);
    } else reading.end = line;
  }
  if (reading === null) {
    own.add(exportFinding("This file is no export of a journal.", 1));
    reading = { head: NOTHING, stored: [], check: null, signed: null, end: null };
  }
  const check = begun(reading, options);
  check.end(null);
  const { end, stored, signed, head } = reading;
  if (end === null || end.events !== check.events || end.statements !== stored.length)
    own.add(
      exportFinding(
        end === null ? "The file breaks off." : "The file lacks lines, or has more than were written.",
        number,
      ),
    );
  if (head.run === null ? check.position !== head.position : check.position > head.position)
    own.add(
      exportFinding(
        `The file says that it goes to position ${head.position}, and goes to ${check.position}.`,
        number,
      ),
    );
  const unknown = signed?.unknown ?? [];
  return summed(
    head.journal,
    stored.length,
    check,
    unknown,
    [own, ...(signed ? [signed.findings] : []), check.findings],
    0,
  );
}

/** The check, begun with the first event: from then on every statement of the file is known. */
function begun(reading: Reading, options: CheckExportOptions): JournalCheck {
  if (reading.check !== null) return reading.check;
  const { head, stored } = reading;
  reading.signed = checkStatements({ ...options, journal: head.journal, stored });
  const prefix = head.run === null ? "" : runStream(head.run);
  reading.check = new JournalCheck({ statements: reading.signed.good, prefix, sha256: options.sha256 });
  return reading.check;
}

const isOf = (run: string | null, stream: string): boolean =>
  run === null || stream === runStream(run) || stream.startsWith(`${runStream(run)}/`);

/** How the conductor names a run's stream; part of the journal's layout. */
const runStream = (run: string): string => `run/${run}`;

const TOLD_EVERY = 5_000;

const NOTHING = { kind: "journal", format: "baton-export/1", journal: "", run: null, position: 0 } as const;

function readLine(text: string): z.infer<typeof Line> | null {
  try {
    return Line.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const exportFinding = (message: string, line: number) =>
  finding("EXPORT", message, { line }, "Export the journal again with `baton audit export`.");
