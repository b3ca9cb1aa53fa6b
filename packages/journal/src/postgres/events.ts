import { type Json, type Lease, ok, type Result, type StoredEvent, type StreamAppend } from "@baton/core";
import { checkBatch } from "../check-batch.ts";
import { dataText } from "../data-text.ts";
import { type EventRow, toEvents } from "../event-row.ts";
import { answerProblem } from "../problems.ts";
import type { Upcast } from "../upcast.ts";
import type { Database } from "./database.ts";

interface AppendedRow {
  readonly r_position: number;
  readonly r_seq: number;
  readonly r_at: number;
  readonly r_hash: string;
  readonly r_previous: string;
}

/** Appends all of it in one round trip and one transaction, or nothing. */
export async function appendEvents(
  database: Database,
  batch: readonly StreamAppend[],
  lease: Pick<Lease, "name" | "epoch"> | null,
): Promise<Result<readonly StoredEvent[]>> {
  const checked = checkBatch(batch);
  if (!checked.ok) return checked;
  const events = batch.flatMap(({ stream, events }) => events.map((event) => ({ stream, event })));
  const streams = [...new Set(batch.map((entry) => entry.stream))];
  const place = new Map(streams.map((stream, index) => [stream, index + 1]));
  const texts = events.map(({ event }) => dataText(event.data));
  const rows = await database.query<AppendedRow>({
    name: "baton-append",
    text: "select * from baton_journal.append($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    values: [
      streams,
      batch.map((entry) => place.get(entry.stream)),
      batch.map((entry) => entry.expectedSeq),
      batch.map((entry) => entry.events.length),
      events.map(({ event }) => event.type),
      events.map(({ event }) => event.version),
      texts,
      lease?.name ?? null,
      lease?.epoch ?? null,
    ],
  });
  if (!rows.ok) return rows;
  const stored: StoredEvent[] = [];
  for (const [index, { stream, event }] of events.entries()) {
    const row = rows.value[index];
    const text = texts[index];
    if (row === undefined || text === undefined)
      return answerProblem("The database stored fewer events than it was given.");
    const { r_seq, r_position, r_at, r_hash, r_previous } = row;
    const place = { stream, seq: r_seq, position: r_position, at: r_at, epoch: lease?.epoch ?? 0 };
    const data = JSON.parse(text) as Json; // what a reader gets, not what the caller may still change
    stored.push({
      type: event.type,
      version: event.version,
      data,
      ...place,
      hash: r_hash,
      previous: r_previous,
    });
  }
  return ok(stored);
}

/** Streams are in the order of their bytes, so all that start with `prefix/` lie between it and `prefix0`. */
export const below = "($1 = '' or stream = $1 or (stream > $1 || '/' and stream < $1 || '0'))";

/**
 * Reads events of the streams below `$1` behind position `$2`, at most `$3`, in the order of positions. Of all streams that is the key of
 * positions from there on. Of some of them each is taken by its own index, where the numbers run as the positions do: else what
 * other streams hold in between would be read and thrown away. (`+ 0` keeps the planner from the key of positions there.)
 */
export const rowsBelow = (prefix: string): string =>
  prefix === ""
    ? `select ${COLUMNS} from baton_journal.events where ${below} and position > $2 order by position limit $3`
    : `select e.* from (select stream from baton_journal.streams where ${below}) s
       cross join lateral (select ${COLUMNS} from baton_journal.events
                            where stream = s.stream and position + 0 > $2 order by seq limit $3) e
       order by position limit $3`;

const COLUMNS = "position, stream, seq, at, epoch, type, version, data, hash, previous";

/** Events below the prefix in the order of positions. */
export async function readEvents(
  database: Database,
  prefix: string,
  afterPosition: number,
  limit: number | undefined,
  upcast: Upcast,
): Promise<Result<readonly StoredEvent[]>> {
  const rows = await database.query<EventRow>({
    text: rowsBelow(prefix),
    values: [prefix, afterPosition, limit ?? null],
  });
  return rows.ok ? toEvents(rows.value, upcast) : rows;
}

/** The ends of the streams below the prefix, in the order of their names' bytes. */
export const readHeads = (
  database: Database,
  prefix: string,
): Promise<Result<readonly { stream: string; seq: number; hash: string }[]>> =>
  database.query({
    text: `select stream, seq, hash from baton_journal.streams where ${below} order by stream`,
    values: [prefix],
  });

/** Whether anything below the prefix has a position behind this one. */
export async function isBehind(
  database: Database,
  prefix: string,
  position: number,
): Promise<Result<boolean>> {
  const rows = await database.query<{ found: boolean }>({
    text: `select exists (select from baton_journal.events where ${below} and position > $2) as found`,
    values: [prefix, position],
  });
  return rows.ok ? ok(rows.value[0]?.found === true) : rows;
}
