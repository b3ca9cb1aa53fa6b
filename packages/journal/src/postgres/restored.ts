import { type Journal, type Json, ok, type Result } from "@baton/core";
import { createDatabase } from "./database.ts";
import { createPostgresJournal } from "./postgres-journal.ts";
import { writerLock } from "./schema.ts";

/** Stream on which a journal says that it was brought back from a backup. */
const RESTORED_STREAM = "journal/restored";
const RESTORED_EVENT = "journal.restored";

/**
 * How far the epochs leap when a journal comes back. Conductors have been given epochs since the backup was taken that it does
 * not know, and the targets they fenced refuse all up to those; no journal hands out so many.
 */
const EPOCH_LEAP = 1_000_000;

/** What a restored journal holds: its last event's position and time (null where it has none). */
export interface RestoredJournal {
  readonly position: number;
  readonly lastEventAt: number | null;
}

/**
 * Makes a journal that was just brought back ready to be driven from: its schema is brought up to this program's, every lease in
 * it is over, epochs begin above all that were ever given, and an event says that there was a restore and what it knew.
 */
export async function readyRestored(url: string, facts: Json): Promise<Result<RestoredJournal>> {
  const journal = await createPostgresJournal({ url, poolSize: 1 });
  if (!journal.ok) return journal;
  try {
    const leapt = await leap(url);
    if (!leapt.ok) return leapt;
    const last = await lastEvent(journal.value);
    if (!last.ok) return last;
    const event = { type: RESTORED_EVENT, version: 1, data: { ...Object(facts), ...last.value } as Json };
    const stored = await journal.value.append(
      [{ stream: RESTORED_STREAM, expectedSeq: null, events: [event] }],
      null,
    );
    return stored.ok ? last : stored;
  } finally {
    await journal.value.close();
  }
}

async function leap(url: string): Promise<Result<void>> {
  const database = createDatabase(url, 1);
  if (!database.ok) return database;
  try {
    return await database.value.session(async (client) => {
      await client.query("begin");
      await client.query(`select pg_advisory_xact_lock(${writerLock})`);
      await client.query("update baton_journal.leases set expires_at = 0");
      await client.query(
        `insert into baton_journal.leases (name, owner, epoch, expires_at)
           select 'journal/restored', 'baton restore', coalesce(max(epoch), 0) + $1, 0 from baton_journal.leases
         on conflict (name) do update set epoch = excluded.epoch`,
        [EPOCH_LEAP],
      );
      await client.query("commit");
    });
  } finally {
    await database.value.close();
  }
}

async function lastEvent({ audit }: Journal): Promise<Result<RestoredJournal>> {
  const end = await audit.end();
  if (!end.ok) return end;
  const rows = await audit.rows("", end.value - 1, 1);
  return rows.ok ? ok({ position: end.value, lastEventAt: rows.value[0]?.at ?? null }) : rows;
}

/** The newest position at which this journal was brought back from a backup; null where it never was. */
export async function restoredAt(journal: Journal): Promise<Result<number | null>> {
  const events = await journal.read(RESTORED_STREAM);
  if (!events.ok) return events;
  return ok(events.value.filter(({ type }) => type === RESTORED_EVENT).at(-1)?.position ?? null);
}
