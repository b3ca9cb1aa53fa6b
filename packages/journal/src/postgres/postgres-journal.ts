import { type Journal, ok, type Result } from "@baton/core";
import { checkTtl } from "../ttl.ts";
import type { Upcast } from "../upcast.ts";
import { auditOf } from "./audit.ts";
import { createDatabase } from "./database.ts";
import { appendEvents, readEvents, readHeads } from "./events.ts";
import { acquireLease, readLease, setExpiry } from "./leases.ts";
import { createListener } from "./listener.ts";
import { migrateJournal } from "./migrate.ts";
import * as records from "./records.ts";

export interface PostgresJournalOptions {
  /** Connection string. A secret: no message repeats more of it than host and port. */
  readonly url: string;
  /** Connections for calls, 4 when not given. One more is used once somebody waits in `changed`. */
  readonly poolSize?: number;
  /** Applied to each event that is read. Leave it out to check the chain. */
  readonly upcast?: Upcast;
}

/**
 * Opens the journal in a PostgreSQL database (15 or newer) and brings its schema `baton_journal` up to date. Codes:
 * `BATON-JOURNAL-UNREACHABLE`, `-LOGIN`, `-NEWER`, `-SERVER`, `-REFUSED`. Afterwards a lost server shows itself as
 * `BATON-JOURNAL-UNREACHABLE` in the results of calls, until it is back.
 */
export async function createPostgresJournal(options: PostgresJournalOptions): Promise<Result<Journal>> {
  const opened = createDatabase(options.url, options.poolSize ?? 4);
  if (!opened.ok) return opened;
  const database = opened.value;
  const migrated = await migrateJournal(database);
  if (!migrated.ok) {
    await database.close();
    return migrated;
  }
  const listener = createListener(database);
  const upcast = options.upcast ?? ((event) => event);
  return ok({
    append: (batch, lease) => appendEvents(database, batch, lease),
    read: (prefix, afterPosition = 0, limit) => readEvents(database, prefix, afterPosition, limit, upcast),
    heads: (prefix) => readHeads(database, prefix),
    changed: listener.changed,
    now: async () => {
      const rows = await database.query<{ now: number }>({
        name: "baton-now",
        text: `select greatest(baton_journal.clock(),
                 (select at from baton_journal.events order by position desc limit 1)) as now`,
      });
      return rows.ok ? ok(rows.value[0]?.now ?? 0) : rows;
    },
    saveSnapshot: (stream, snapshot) => records.saveSnapshot(database, stream, snapshot),
    loadSnapshot: (stream) => records.loadSnapshot(database, stream),
    saveDocument: (hash, bytes) => records.saveDocument(database, hash, bytes),
    loadDocument: (hash) => records.loadDocument(database, hash),
    acquire: (name, owner, ttlMs) => acquireLease(database, name, owner, ttlMs),
    renew: async (lease, ttlMs) => {
      const checked = checkTtl(ttlMs);
      return checked.ok ? setExpiry(database, lease, ttlMs) : checked;
    },
    release: async (lease) => {
      const released = await setExpiry(database, lease, 0);
      return released.ok ? ok(undefined) : released;
    },
    leaseOf: (name) => readLease(database, name),
    saveProgress: (run, key, progress) => records.saveProgress(database, run, key, progress),
    loadProgress: (run) => records.loadProgress(database, run),
    audit: auditOf(database),
    close: async () => {
      await listener.close();
      await database.close();
    },
  });
}
