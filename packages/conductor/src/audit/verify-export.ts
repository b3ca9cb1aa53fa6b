import {
  checkStatements,
  Findings,
  finding,
  JournalCheck,
  ok,
  type Result,
  type StoredStatement,
  type VerifySignature,
} from "@baton/core";
import { sha256 } from "@baton/journal";
import { z } from "zod";
import { streams } from "../streams.ts";
import { summed, type Verification } from "./verify-journal.ts";

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

export interface VerifyExportOptions {
  readonly lines: AsyncIterable<string>;
  /** The anchor's lines; null where none was named. */
  readonly anchor: readonly string[] | null;
  readonly verify: VerifySignature;
  readonly knowsKeys: boolean;
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
 * Checks an exported journal, or one run of it, from the file alone, line by line. Beside the codes of `verifyJournal`:
 * `BATON-AUDIT-EXPORT` for a file that is none, that breaks off or that lacks lines.
 */
export async function verifyExport(options: VerifyExportOptions): Promise<Result<Verification>> {
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
      begun(reading, options).take(line);
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
  return ok(
    summed(
      head.journal,
      stored.length,
      check,
      unknown,
      [own, ...(signed ? [signed.findings] : []), check.findings],
      0,
    ),
  );
}

/** The check, begun with the first event: from then on every statement of the file is known. */
function begun(reading: Reading, { anchor, verify, knowsKeys }: VerifyExportOptions): JournalCheck {
  if (reading.check !== null) return reading.check;
  const { head, stored } = reading;
  reading.signed = checkStatements({ journal: head.journal, stored, anchor, verify, knowsKeys, sha256 });
  const prefix = head.run === null ? "" : streams.run(head.run);
  reading.check = new JournalCheck({ statements: reading.signed.good, prefix, sha256 });
  return reading.check;
}

const isOf = (run: string | null, stream: string): boolean =>
  run === null || stream === streams.run(run) || stream.startsWith(`${streams.run(run)}/`);

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
