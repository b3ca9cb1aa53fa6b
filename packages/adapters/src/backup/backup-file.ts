import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { AnyJson, canonicalJson, type Json, ProblemError } from "@baton/core";
import { z } from "zod";
import { decodeFrames, type Frame } from "./frames.ts";
import { damaged, missing } from "./problems.ts";
import { clearHead, readHead, seal, unseal } from "./sealed-stream.ts";

/** What stands in clear at the begin of a backup, and is bound into every chunk of it. Holds no secret. */
const Header = z.strictObject({
  format: z.literal(1),
  /** Random; tells two backups of one name apart. */
  id: z.string().min(1),
  kind: z.enum(["database", "baton"]),
  /** Whose it is: a tenant's id, `database NAME`, or `baton`. */
  subject: z.string().min(1),
  name: z.string().min(1),
  database: z.string(),
  /** When the snapshot was taken: milliseconds since 1970 by the database's clock. */
  takenAt: z.number(),
  /** Facts for people: release, run, stage. */
  about: AnyJson,
  /** How the data key is sealed; only its keeper can read it. */
  key: AnyJson,
});
export type BackupHeader = z.infer<typeof Header>;

/** Seals and opens the key of one file. `bound` is what the sealed key is only good for. */
export interface KeyKeeper {
  seal(key: Buffer, bound: Buffer): Promise<Json>;
  open(sealed: Json, bound: Buffer): Promise<Buffer>;
}

/** A file that is written whole: how long it is, and SHA-256 over all of it. */
export interface WrittenFile {
  readonly bytes: number;
  readonly digest: string;
}

/** Where a file is that is not yet whole. A crash leaves it; the next try of the same file begins anew. */
const draftOf = (path: string): string => `${path}.draft-${process.pid}-${randomBytes(4).toString("hex")}`;

/**
 * Writes a backup: compressed, encrypted, on the disk itself, under a name for the time being and then under its own. Where
 * another process was first under that name, its file stays and ours goes. Memory does not grow with the database.
 */
export async function writeBackup(
  path: string,
  facts: Omit<BackupHeader, "format" | "id" | "key">,
  keeper: KeyKeeper,
  source: () => AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const open_ = { format: 1 as const, id: randomBytes(9).toString("base64url"), ...facts };
  const key = randomBytes(32);
  const header: BackupHeader = { ...open_, key: await keeper.seal(key, boundOf(open_)) };
  const head = clearHead(JSON.stringify(header));
  const draft = draftOf(path);
  const file = await open(draft, "wx", 0o600);
  try {
    await pipeline(
      source,
      createGzip({ level: 1 }),
      (packed: AsyncIterable<Buffer>) => seal(packed, key, head),
      async (sealed: AsyncIterable<Buffer>) => {
        for await (const bytes of sealed) await file.appendFile(bytes);
      },
      { signal },
    );
    await file.sync();
    await file.close();
    await link(draft, path).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    });
    await syncFolder(dirname(path));
  } finally {
    key.fill(0);
    await file.close().catch(() => undefined);
    await rm(draft, { force: true });
  }
}

/** A rename is safe against a power cut only when the folder is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What a file says of itself in clear. Not yet proved: only reading it to its end does that. */
export async function readHeader(path: string): Promise<BackupHeader> {
  const source = createReadStream(path, { end: 1024 * 1024 });
  try {
    return parseHeader((await readHead(source)).header);
  } catch (error) {
    throw absent(error, path);
  } finally {
    source.destroy();
  }
}

/** Length and SHA-256 of a file as it is on the disk now. */
export async function sumFile(path: string): Promise<WrittenFile> {
  const digest = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      digest.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw absent(error, path);
  }
  return { bytes, digest: digest.digest("hex") };
}

/** Reads a backup's frames in order, each proved to be what was written; the end is proved to be the end. */
export async function readBackup<T>(
  path: string,
  keeper: KeyKeeper,
  signal: AbortSignal,
  work: (header: BackupHeader, frames: AsyncIterable<Frame>) => Promise<T>,
): Promise<T> {
  const source = createReadStream(path);
  let result: { readonly value: T } | null = null;
  try {
    const file = await readHead(source);
    const header = parseHeader(file.header);
    const { key: sealed, ...bound } = header;
    const key = await keeper.open(sealed, boundOf(bound));
    await pipeline(
      () => unseal(file, key),
      createGunzip(),
      async (plain: AsyncIterable<Buffer>) => {
        const frames = decodeFrames(plain);
        result = { value: await work(header, frames) };
        // To the very end, also where the work has had enough: what follows must be whole as well.
        for await (const frame of frames)
          if (frame.kind !== "end") throw new ProblemError(damaged("it holds more than it says"));
      },
      { signal },
    );
  } catch (error) {
    throw absent(error, path);
  } finally {
    source.destroy();
  }
  if (result === null) throw new ProblemError(damaged("it holds nothing"));
  return (result as { readonly value: T }).value;
}

function parseHeader(text: string): BackupHeader {
  try {
    return Header.parse(JSON.parse(text));
  } catch {
    throw new ProblemError(damaged("its header is of a format that this Baton does not know"));
  }
}

const boundOf = (facts: Omit<BackupHeader, "key">): Buffer =>
  createHash("sha256").update(canonicalJson(facts)).digest();

const absent = (error: unknown, path: string): unknown =>
  error instanceof Error && "code" in error && error.code === "ENOENT"
    ? new ProblemError(missing(path))
    : error;

/** Reads a small file; null where it is not there. */
export const readText = (path: string): Promise<string | null> =>
  readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });
