import { type JournalAudit, ok, type Result, type StoredStatement, type StreamHead } from "@baton/core";
import { isBelow } from "../below.ts";
import type { EventRow } from "../event-row.ts";
import { sequenceProblem } from "../problems.ts";

/** What a memory journal holds, as far as the raw looks go. Lists are as they stand at the moment of a look. */
export interface AuditedContents {
  readonly id: string;
  readonly events: readonly EventRow[];
  readonly statements: StoredStatement[];
  readonly snapshots: ReadonlyMap<string, { position: number; version: number; state: string }>;
  readonly documents: ReadonlyMap<string, string>;
}

/** The raw looks of the port `JournalAudit`; `open` refuses what is asked after the journal was closed. */
export function memoryAudit(
  contents: AuditedContents,
  open: <T>(work: () => Result<T>) => Promise<Result<T>>,
): JournalAudit {
  const { id, events, statements, snapshots, documents } = contents;
  const after = (position: number): readonly EventRow[] => events.slice(Math.max(0, position));
  return {
    id: () => open(() => ok(id)),
    end: () => open(() => ok(events.length)),
    rows: (prefix, afterPosition, limit) =>
      open(() => {
        const found = after(afterPosition).filter((event) => isBelow(event.stream, prefix));
        return ok(found.slice(0, limit));
      }),
    search: ({ prefix, type, text, from, to, before, span, limit }) =>
      open(() => {
        const wanted = text?.toLowerCase() ?? null;
        const found = events
          .slice(Math.max(0, before - 1 - span), Math.max(0, before - 1))
          .filter(
            (event) =>
              isBelow(event.stream, prefix) &&
              (type === null || event.type === type) &&
              (wanted === null || event.data.toLowerCase().includes(wanted)) &&
              (from === null || event.at >= from) &&
              (to === null || event.at <= to),
          );
        return ok(found.reverse().slice(0, limit));
      }),
    links: (afterPosition, upTo, limit) =>
      open(() => ok(after(afterPosition).slice(0, Math.min(limit, Math.max(0, upTo - afterPosition))))),
    headsAt: (position) =>
      open(() => {
        const heads = new Map<string, StreamHead>();
        for (const { stream, seq, hash } of events.slice(0, position))
          heads.set(stream, { stream, seq, hash });
        return ok([...heads.values()]);
      }),
    statements: (afterNumber, limit) => open(() => ok(statements.slice(afterNumber, afterNumber + limit))),
    lastStatement: () => open(() => ok(statements.at(-1) ?? null)),
    saveStatement: (statement) =>
      open(() => {
        if (statement.number !== statements.length + 1)
          return sequenceProblem("statements", statement.number - 1, statements.length);
        statements.push(statement);
        return ok(undefined);
      }),
    snapshots: (afterStream, limit) =>
      open(() => {
        const rows = [...snapshots].map(([stream, snapshot]) => ({ stream, ...snapshot }));
        return ok(pageAfter(rows, ({ stream }) => stream, afterStream, limit));
      }),
    documents: (afterHash, limit) =>
      open(() => {
        const rows = [...documents].map(([hash, bytes]) => ({ hash, bytes }));
        return ok(pageAfter(rows, ({ hash }) => hash, afterHash, limit));
      }),
  };
}

/** In the order of the names' bytes, as the database has them. */
function pageAfter<Row>(rows: readonly Row[], name: (row: Row) => string, after: string, limit: number) {
  const bytes = (row: Row) => Buffer.from(name(row));
  return rows
    .filter((row) => Buffer.compare(bytes(row), Buffer.from(after)) > 0)
    .sort((a, b) => Buffer.compare(bytes(a), bytes(b)))
    .slice(0, limit);
}
