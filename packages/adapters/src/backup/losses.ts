import { ProblemError } from "@baton/core";
import { type KeyKeeper, readBackup } from "./backup-file.ts";
import { type Contents, inSnapshot } from "./contents.ts";
import { ArchiveReader, untilManifest } from "./database-backup.ts";
import { sumTables } from "./dump.ts";
import type { EntrySums } from "./frames.ts";
import { foreign } from "./problems.ts";

type Sums = ReadonlyMap<string, EntrySums>;

/** Baton's own notes in a tenant's database go back with it and are no writes of the tenant's. */
const OWN = /^baton\./;

/** Where a database has rows that the backup has not, in words. A table that is only missing or empty takes nothing away. */
export function lossesOf(backup: Sums, present: Sums): readonly string[] {
  return [...present].flatMap(([name, { rows, digest }]) => {
    if (rows === 0 || OWN.test(name)) return [];
    const kept = backup.get(name);
    if (kept === undefined) return [`${name} is not in the backup and has ${rows} rows`];
    if (kept.digest === digest) return [];
    return [
      kept.rows === rows
        ? `${name} has other values in its ${rows} rows`
        : `${name} has ${rows} rows, ${kept.rows} in the backup`,
    ];
  });
}

/** What the tables of a backup come to, from reading all of it and restoring nothing. */
export function sumsOfBackup(
  path: string,
  subject: string,
  keeper: KeyKeeper,
  signal: AbortSignal,
): Promise<Sums> {
  return readBackup(path, keeper, signal, async (header, frames) => {
    if (header.subject !== subject) throw new ProblemError(foreign(path, header.subject, subject));
    const reader = new ArchiveReader(frames);
    await reader.document("contents");
    for (;;) {
      const head = await reader.head();
      if (head.type === "table") {
        for await (const _ of reader.bytes(head));
        continue;
      }
      const manifest = await untilManifest(reader)(head);
      reader.checkManifest(manifest ?? { entries: [] });
      const tables = (manifest?.entries ?? []).filter(({ type }) => type === "table");
      return new Map(tables.map(({ name, bytes, rows, digest }) => [name, { bytes, rows, digest }]));
    }
  });
}

/** What a database's tables come to now. `ready` is called once there is a session, with its process id, ahead of the snapshot. */
export const sumsOfDatabase = (
  url: string,
  signal: AbortSignal,
  ready?: (pid: number) => Promise<void>,
): Promise<Sums> =>
  inSnapshot(
    url,
    signal,
    (client, contents: Contents) => sumTables(client, contents, signal),
    async (client) => {
      const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
      await ready?.(rows[0]?.pid ?? 0);
    },
  );
