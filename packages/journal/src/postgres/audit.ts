import {
  type JournalAudit,
  type JournalLink,
  type JournalRow,
  ok,
  type Result,
  type StoredDocument,
  type StoredSnapshot,
  type StoredStatement,
  type StreamHead,
} from "@baton/core";
import { answerProblem, sequenceProblem } from "../problems.ts";
import type { Database } from "./database.ts";
import { below, rowsBelow } from "./events.ts";

/** The raw looks of the port `JournalAudit`. All but `saveStatement` only read. */
export function auditOf(database: Database): JournalAudit {
  const all = <Row extends object>(text: string, ...values: readonly unknown[]) =>
    database.query<Row>({ text, values });
  const first = async <Row extends object>(rows: Promise<Result<readonly Row[]>>) => {
    const found = await rows;
    return found.ok ? ok(found.value[0] ?? null) : found;
  };
  return {
    id: async () => {
      const row = await first(all<{ id: string }>("select id from baton_journal.identity"));
      if (!row.ok) return row;
      return row.value === null ? answerProblem("The journal has lost its name.") : ok(row.value.id);
    },
    end: async () => {
      const row = await first(
        all<{ position: number }>("select coalesce(max(position), 0) as position from baton_journal.events"),
      );
      return row.ok ? ok(row.value?.position ?? 0) : row;
    },
    rows: (prefix, afterPosition, limit) => all<JournalRow>(rowsBelow(prefix), prefix, afterPosition, limit),
    // The key of positions bounds what is read, whatever is looked for.
    search: ({ prefix, type, text, from, to, before, span, limit }) =>
      all<JournalRow>(
        `select position, stream, seq, at, epoch, type, version, data, hash, previous from baton_journal.events
         where ${below} and position < $2 and position >= $2 - $3::bigint
           and ($4::text is null or type = $4) and ($5::text is null or strpos(lower(data), lower($5)) > 0)
           and ($6::bigint is null or at >= $6) and ($7::bigint is null or at <= $7)
         order by position desc limit $8`,
        prefix,
        before,
        span,
        type,
        text,
        from,
        to,
        limit,
      ),
    links: (afterPosition, upTo, limit) =>
      all<JournalLink>(
        `select position, stream, seq, hash, previous from baton_journal.events
         where position > $1 and position <= $2 order by position limit $3`,
        afterPosition,
        upTo,
        limit,
      ),
    // One step into the index for each stream, however long the streams are.
    headsAt: (position) =>
      all<StreamHead>(
        `select s.stream, e.seq, e.hash
           from baton_journal.streams s
           cross join lateral (select seq, hash from baton_journal.events
                                where stream = s.stream and position <= $1 order by seq desc limit 1) e
           join baton_journal.events first on first.stream = s.stream and first.seq = 1
          order by first.position`,
        position,
      ),
    statements: (afterNumber, limit) =>
      all<StoredStatement>(
        `select number, position, text, signature from baton_journal.statements
         where number > $1 order by number limit $2`,
        afterNumber,
        limit,
      ),
    lastStatement: () =>
      first(
        all<StoredStatement>(
          "select number, position, text, signature from baton_journal.statements order by number desc limit 1",
        ),
      ),
    saveStatement: (statement) => saveStatement(database, statement),
    snapshots: (afterStream, limit) =>
      all<StoredSnapshot>(
        `select stream, position, version, state from baton_journal.snapshots
         where stream collate "C" > $1 order by stream collate "C" limit $2`,
        afterStream,
        limit,
      ),
    documents: (afterHash, limit) =>
      all<StoredDocument>(
        `select hash, bytes from baton_journal.documents
         where hash collate "C" > $1 order by hash collate "C" limit $2`,
        afterHash,
        limit,
      ),
  };
}

/** Two who sign at the same time: the primary key lets one in, and the other is told that the list has moved on. */
async function saveStatement(database: Database, statement: StoredStatement): Promise<Result<void>> {
  const { number, position, text, signature } = statement;
  const rows = await database.query<{ stored: boolean; last: number }>({
    text: `with last as (select coalesce(max(number), 0) as number from baton_journal.statements),
                stored as (insert into baton_journal.statements (number, position, text, signature)
                           select $1::bigint, $2::bigint, $3::text, $4::text from last where last.number = $1 - 1
                           on conflict do nothing returning number)
           select exists (select from stored) as stored, last.number as last from last`,
    values: [number, position, text, signature],
  });
  if (!rows.ok) return rows;
  const row = rows.value[0];
  return row?.stored === true ? ok(undefined) : sequenceProblem("statements", number - 1, row?.last ?? 0);
}
