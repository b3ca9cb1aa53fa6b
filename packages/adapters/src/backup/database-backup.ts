import { ProblemError } from "@baton/core";
import type pg from "pg";
import { onDatabase, withConnection } from "./connection.ts";
import { type Contents, inSnapshot } from "./contents.ts";
import { type ArchiveManifest, ArchiveWriter, dumpTables, sumTables } from "./dump.ts";
import type { EntrySums, Frame } from "./frames.ts";
import { differences, loadAfter, loadBefore, loadRows, makeRoles, run } from "./load.ts";
import { damaged, different } from "./problems.ts";
import { summingBytes, summingRows } from "./row-digest.ts";

/** The database's own entry of an archive; the tables follow it, the manifest comes last. */
const CONTENTS = "contents";

/** What a restore found and made. */
export interface Restored {
  readonly tables: number;
  readonly rows: number;
  readonly takenAt: number;
  readonly lsn: string;
}

/** One database as the frames of an archive. Nothing is yielded before the snapshot is taken. */
export async function* databaseFrames(
  client: pg.Client,
  contents: Contents,
  writer: ArchiveWriter,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  yield* writer.document(CONTENTS, contents);
  yield* dumpTables(client, contents, writer, signal);
}

/** Turns a database into a whole archive, from one snapshot: `sink` is given the bytes. */
export const dumpDatabase = (
  url: string,
  signal: AbortSignal,
  sink: (bytes: () => AsyncIterable<Buffer>, contents: Contents) => Promise<void>,
): Promise<void> =>
  inSnapshot(url, signal, (client, contents) =>
    sink(async function* () {
      const writer = new ArchiveWriter();
      yield* databaseFrames(client, contents, writer, signal);
      yield* writer.end();
    }, contents),
  );

/** Reads entry after entry; each is compared with what was counted while it was written. */
export class ArchiveReader {
  readonly #frames: AsyncIterator<Frame>;
  readonly #seen: { type: string; name: string; sums: EntrySums }[] = [];

  constructor(frames: AsyncIterable<Frame>) {
    this.#frames = frames[Symbol.asyncIterator]();
  }

  async #next(): Promise<Frame> {
    const next = await this.#frames.next();
    if (next.done === true) throw new ProblemError(damaged("it ends before its last entry"));
    return next.value;
  }

  /** The next entry's head; its bytes must be taken before the one after it. */
  async head(): Promise<{ readonly type: string; readonly name: string }> {
    const frame = await this.#next();
    if (frame.kind !== "begin") throw new ProblemError(damaged("an entry does not begin where it should"));
    return frame.entry;
  }

  async *bytes(head: { readonly type: string; readonly name: string }): AsyncGenerator<Buffer> {
    const summing = head.type === "table" ? summingRows() : summingBytes();
    for (;;) {
      const frame = await this.#next();
      if (frame.kind === "begin") throw new ProblemError(damaged(`${head.name} has no end`));
      if (frame.kind === "data") {
        summing.add(frame.bytes);
        yield frame.bytes;
        continue;
      }
      const sums = summing.sums();
      if (JSON.stringify(sums) !== JSON.stringify(frame.sums))
        throw new ProblemError(damaged(`${head.name} is not what was counted when it was written`));
      this.#seen.push({ ...head, sums });
      return;
    }
  }

  async document(name: string): Promise<unknown> {
    const head = await this.head();
    if (head.type !== "document" || head.name !== name)
      throw new ProblemError(damaged(`${head.name} stands where ${name} should`));
    return this.documentOf(head);
  }

  async documentOf(head: { readonly type: string; readonly name: string }): Promise<unknown> {
    const parts: Buffer[] = [];
    for await (const bytes of this.bytes(head)) parts.push(bytes);
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  }

  /** The last entry names all before it, so that none can be missing. */
  checkManifest(manifest: ArchiveManifest): void {
    const seen = this.#seen.filter((one) => one.name !== "manifest" || one.type !== "document");
    const told = manifest.entries.map(({ type, name, bytes, rows, digest }) => ({
      type,
      name,
      sums: { bytes, rows, digest },
    }));
    if (JSON.stringify(seen) !== JSON.stringify(told))
      throw new ProblemError(damaged("it does not hold what its manifest names"));
  }
}

/** What is to become of a restored database besides its rows. */
export interface RestoreOptions {
  /** Connection string to a database of the server that the new one is made from; with the right to create databases. */
  readonly admin: string;
  /** Name of the database to make. One of that name goes first. */
  readonly database: string;
  readonly signal: AbortSignal;
}

/**
 * Makes a new database from the entries that follow, and compares it with what was backed up: shape, rows, sequences, rights,
 * counts of all kinds of objects. Throws `BATON-BACKUP-DIFFERENT` where anything is not the same. `until` reads what comes after
 * the tables and gives the manifest.
 */
export async function restoreDatabase(
  reader: ArchiveReader,
  options: RestoreOptions,
  until: (head: { readonly type: string; readonly name: string }) => Promise<ArchiveManifest | null>,
): Promise<Restored> {
  const { admin, database, signal } = options;
  const contents = (await reader.document(CONTENTS)) as Contents;
  const url = onDatabase(admin, database);
  await withConnection(admin, async (client) => {
    const name = client.escapeIdentifier(database);
    await client.query(`drop database if exists ${name} with (force)`);
    await makeRoles(client, contents.roles);
    await client.query(`create database ${name} template template0 ${contents.traits.options}`);
  });
  const wanted = await withConnection(url, async (client) => {
    await loadBefore(client, contents);
    const sums = await loadTables(client, contents, reader, signal, until);
    await loadAfter(client, contents);
    const name = client.escapeIdentifier(database);
    for (const statement of contents.traits.statements)
      await run(
        client,
        statement.replace("database %", () => `database ${name}`),
      );
    await client.query("analyze");
    return sums;
  });
  const wrong = await inSnapshot(url, signal, async (client, found) =>
    differences(
      { contents, sums: wanted },
      { contents: found, sums: await sumTables(client, found, signal) },
    ),
  );
  if (wrong.length > 0) throw new ProblemError(different(wrong));
  const rows = [...wanted.values()].reduce((sum, one) => sum + one.rows, 0);
  return { tables: wanted.size, rows, takenAt: contents.takenAt, lsn: contents.lsn };
}

async function loadTables(
  client: pg.Client,
  contents: Contents,
  reader: ArchiveReader,
  signal: AbortSignal,
  until: (head: { readonly type: string; readonly name: string }) => Promise<ArchiveManifest | null>,
): Promise<ReadonlyMap<string, EntrySums>> {
  const tables = new Map(contents.tables.map((table) => [table.name, table]));
  for (;;) {
    signal.throwIfAborted();
    const head = await reader.head();
    const table = head.type === "table" ? tables.get(head.name) : undefined;
    if (table !== undefined) {
      await loadRows(client, table, reader.bytes(head));
      continue;
    }
    const manifest = await until(head);
    if (manifest === null) continue;
    reader.checkManifest(manifest);
    const sums = new Map(
      manifest.entries.filter(({ type }) => type === "table").map(({ name, ...sum }) => [name, sum]),
    );
    if (sums.size !== tables.size) throw new ProblemError(damaged("a table of it has no rows entry"));
    return sums;
  }
}

/** The manifest of an archive that holds one database and nothing else. */
export const untilManifest =
  (reader: ArchiveReader) =>
  async (head: { readonly type: string; readonly name: string }): Promise<ArchiveManifest | null> => {
    if (head.type !== "document" || head.name !== "manifest")
      throw new ProblemError(damaged(`it holds ${head.name}, which it should not`));
    return (await reader.documentOf(head)) as ArchiveManifest;
  };
