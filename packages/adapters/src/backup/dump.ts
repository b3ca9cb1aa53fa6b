import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { Contents } from "./contents.ts";
import { type EntryHead, type EntrySums, encodeFrame } from "./frames.ts";
import { type Summing, summingBytes, summingRows } from "./row-digest.ts";

/** What an archive holds, entry by entry: written last, so that it says what was really written. */
export interface ArchiveManifest {
  readonly entries: readonly (EntryHead & EntrySums)[];
}

/** Writes entries one after the other and remembers what they came to. */
export class ArchiveWriter {
  readonly #entries: (EntryHead & EntrySums)[] = [];

  get manifest(): ArchiveManifest {
    return { entries: this.#entries };
  }

  async *entry(
    head: EntryHead,
    source: AsyncIterable<Buffer> | Iterable<Buffer>,
    summing: Summing = summingBytes(),
  ): AsyncGenerator<Buffer> {
    yield encodeFrame({ kind: "begin", entry: head });
    for await (const bytes of source) {
      summing.add(bytes);
      yield encodeFrame({ kind: "data", bytes });
    }
    const sums = summing.sums();
    this.#entries.push({ ...head, ...sums });
    yield encodeFrame({ kind: "end", sums });
  }

  document(name: string, value: unknown): AsyncGenerator<Buffer> {
    return this.entry({ type: "document", name }, [Buffer.from(JSON.stringify(value))]);
  }

  /** Says last what there is; a reader that does not find it has half an archive. */
  end(): AsyncGenerator<Buffer> {
    return this.document("manifest", this.manifest);
  }
}

/** The rows of each table, as they are in the connection's snapshot. */
export async function* dumpTables(
  client: pg.Client,
  contents: Contents,
  writer: ArchiveWriter,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for (const { name, columns } of contents.tables) {
    signal.throwIfAborted();
    yield* writer.entry({ type: "table", name }, rowsOf(client, name, columns), summingRows());
  }
}

/** What each table's rows come to, without keeping them. */
export async function sumTables(
  client: pg.Client,
  contents: Contents,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, EntrySums>> {
  const sums = new Map<string, EntrySums>();
  for (const { name, columns } of contents.tables) {
    signal.throwIfAborted();
    const summing = summingRows();
    for await (const bytes of rowsOf(client, name, columns)) summing.add(bytes);
    sums.set(name, summing.sums());
  }
  return sums;
}

async function* rowsOf(client: pg.Client, name: string, columns: string): AsyncGenerator<Buffer> {
  const stream = client.query(copyTo(`copy ${name} ${columns} to stdout`));
  for await (const bytes of stream) yield bytes as Buffer;
}
