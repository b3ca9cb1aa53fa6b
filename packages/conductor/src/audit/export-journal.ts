import { type Journal, ProblemError, type Result } from "@baton/core";
import { streams } from "../streams.ts";
import { tried } from "./pages.ts";
import { rowsOf, statementsOf } from "./verify-journal.ts";

export interface ExportOptions {
  readonly journal: Pick<Journal, "audit">;
  /** Only this run's events; null: all of the journal. */
  readonly run: string | null;
  /** Takes one line, without its end; resolves when it may be given the next. */
  readonly write: (line: string) => Promise<void>;
}

/** What was exported. */
export interface Exported {
  readonly events: number;
  readonly statements: number;
}

/**
 * Writes the journal as JSON lines that can be checked on their own: what it is, the statements, every event with its hash and
 * the one before, and an end that says how many there were, so that a file that breaks off shows.
 */
export function exportJournal({ journal, run, write }: ExportOptions): Promise<Result<Exported>> {
  return tried(async () => {
    const [id, end] = [await journal.audit.id(), await journal.audit.end()];
    if (!id.ok) throw new ProblemError(...id.problems);
    if (!end.ok) throw new ProblemError(...end.problems);
    const line = (kind: string, fields: object) => write(JSON.stringify({ kind, ...fields }));
    await line("journal", { format: "baton-export/1", journal: id.value, run, position: end.value });
    let statements = 0;
    for await (const statement of statementsOf(journal)) {
      if (statement.position > end.value) break;
      await line("statement", statement);
      statements++;
    }
    let events = 0;
    for await (const row of rowsOf(journal, run === null ? "" : streams.run(run))) {
      if (row.position > end.value) break;
      await line("event", row);
      events++;
    }
    await line("end", { events, statements });
    return { events, statements };
  });
}
