import { type Json, ok, type Result, type Snapshot } from "@baton/core";
import { dataText } from "../data-text.ts";
import type { Database } from "./database.ts";

const done = (result: Result<unknown>): Result<void> => (result.ok ? ok(undefined) : result);

/** Keeps a snapshot unless a newer one is there. */
export const saveSnapshot = async (
  database: Database,
  stream: string,
  snapshot: Snapshot,
): Promise<Result<void>> =>
  done(
    await database.query({
      text: `insert into baton_journal.snapshots as s (stream, position, version, state) values ($1, $2, $3, $4)
             on conflict (stream) do update
               set position = excluded.position, version = excluded.version, state = excluded.state
               where excluded.position >= s.position`,
      values: [stream, snapshot.position, snapshot.version, dataText(snapshot.state)],
    }),
  );

/** The newest snapshot of a stream. */
export async function loadSnapshot(database: Database, stream: string): Promise<Result<Snapshot | null>> {
  const rows = await database.query<{ position: number; version: number; state: string }>({
    text: "select position, version, state from baton_journal.snapshots where stream = $1",
    values: [stream],
  });
  if (!rows.ok) return rows;
  const row = rows.value[0];
  return ok(row === undefined ? null : { ...row, state: JSON.parse(row.state) as Json });
}

/** Keeps a document under its hash; what is there stays. */
export const saveDocument = async (database: Database, hash: string, bytes: string): Promise<Result<void>> =>
  done(
    await database.query({
      text: "insert into baton_journal.documents (hash, bytes) values ($1, $2) on conflict do nothing",
      values: [hash, bytes],
    }),
  );

/** The document under this hash. */
export async function loadDocument(database: Database, hash: string): Promise<Result<string | null>> {
  const rows = await database.query<{ bytes: string }>({
    text: "select bytes from baton_journal.documents where hash = $1",
    values: [hash],
  });
  return rows.ok ? ok(rows.value[0]?.bytes ?? null) : rows;
}

/** Sets one passing figure of a run. */
export const saveProgress = async (
  database: Database,
  run: string,
  key: string,
  progress: Json,
): Promise<Result<void>> =>
  done(
    await database.query({
      text: `insert into baton_journal.progress (run, key, progress) values ($1, $2, $3)
             on conflict (run, key) do update set progress = excluded.progress`,
      values: [run, key, dataText(progress)],
    }),
  );

/** All passing figures of a run. */
export async function loadProgress(database: Database, run: string): Promise<Result<Record<string, Json>>> {
  const rows = await database.query<{ key: string; progress: string }>({
    text: "select key, progress from baton_journal.progress where run = $1 order by key",
    values: [run],
  });
  return rows.ok
    ? ok(Object.fromEntries(rows.value.map((row) => [row.key, JSON.parse(row.progress) as Json])))
    : rows;
}
