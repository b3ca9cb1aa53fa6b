import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import { failed, type Json, ok, ProblemError, type Result } from "@baton/core";
import { z } from "zod";
import {
  type BackupHeader,
  readBackup,
  readHeader,
  sumFile,
  type WrittenFile,
  writeBackup,
} from "./backup-file.ts";
import { databaseOf, onDatabase, withConnection } from "./connection.ts";
import { inSnapshot } from "./contents.ts";
import {
  ArchiveReader,
  databaseFrames,
  type Restored,
  restoreDatabase,
  untilManifest,
} from "./database-backup.ts";
import { ArchiveWriter } from "./dump.ts";
import { sealedByPassphrase } from "./key-keepers.ts";
import { damaged, foreign, problemsOf } from "./problems.ts";
import { mustBeVacant } from "./vacant.ts";

/** What Baton's own backups say they are of. */
export const BATON = "baton";

/** First entry: which files of the state folder follow. */
const Files = z.strictObject({ files: z.array(z.string()) });

/**
 * What is not kept of a state folder: what PostgreSQL keeps (its rows are in the backup), logs, backups themselves, the
 * workload's own list, and notes of which processes are at work. Everything else is, whoever put it there.
 */
const LEFT_OUT =
  /^(postgres(\..*)?|baton-postgres-.*|logs|backups|workload|supervisor\.json|supervisor\.lock\..*|conductor\.json.*|rollback\.json.*|probe-.*)$/;

/** Baton's own backup to make: its journal, and the files without which the journal and the platform cannot be used. */
export interface BatonBackupRequest {
  readonly path: string;
  readonly name: string;
  readonly stateDir: string;
  /** Connection string of the journal's database. A secret. */
  readonly database: string;
  /** Of the key file. It alone opens the backup. */
  readonly passphrase: string;
  readonly about: Json;
}

const guarded = async <T>(work: () => Promise<T>): Promise<Result<T>> => {
  try {
    return ok(await work());
  } catch (error) {
    return failed(...problemsOf(error, "Baton's own backup"));
  }
};

/** What was said of the journal outside it; read ahead of the snapshot, for it must not know more than the journal does. */
const AHEAD = /^anchors\//;

/**
 * Writes Baton's own backup while a run goes on. Keys and secrets are read after the journal's snapshot, so that they know all
 * that it names; anchors before it, so that they name nothing it does not have.
 */
export function backUpBaton(
  request: BatonBackupRequest,
  signal: AbortSignal,
): Promise<Result<WrittenFile & { readonly takenAt: number }>> {
  const { path, name, stateDir, database, passphrase, about } = request;
  return guarded(async () => {
    const ahead = new Map<string, Buffer>();
    for (const file of (await filesOf(stateDir, "")).filter((one) => AHEAD.test(one)))
      ahead.set(file, await readFile(join(stateDir, file)));
    const takenAt = await inSnapshot(database, signal, async (client, contents) => {
      const facts = {
        kind: "baton",
        subject: BATON,
        name,
        database: databaseOf(database),
        takenAt: contents.takenAt,
        about,
      } as const;
      const source = async function* (): AsyncGenerator<Buffer> {
        const writer = new ArchiveWriter();
        const late = (await filesOf(stateDir, "")).filter((one) => !AHEAD.test(one));
        const files = [...ahead.keys(), ...late];
        yield* writer.document("files", { files });
        for (const file of files) {
          const held = ahead.get(file);
          const bytes = held === undefined ? createReadStream(join(stateDir, file)) : [held];
          yield* writer.entry({ type: "file", name: file }, bytes);
        }
        yield* databaseFrames(client, contents, writer, signal);
        yield* writer.end();
      };
      await writeBackup(path, facts, sealedByPassphrase(passphrase), source, signal);
      return contents.takenAt;
    });
    return { ...(await sumFile(path)), takenAt };
  });
}

/** Files of a state folder that are kept, by their path in it with forward slashes, in order. Half-written ones are not. */
async function filesOf(stateDir: string, below: string): Promise<readonly string[]> {
  const entries = await readdir(join(stateDir, below), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (below === "" && LEFT_OUT.test(entry.name)) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesOf(stateDir, path)));
    else if (entry.isFile() && !/\.(draft-.*|lock|tmp)$|\.[0-9a-f]{8}-[0-9a-f-]{27}$/.test(entry.name))
      found.push(path);
  }
  return found;
}

/** Where the journal's database is to be made: a server to make it on, known once the files are there. */
export interface JournalPlace {
  /** Connection string with the right to create databases. A secret. */
  readonly admin: string;
  readonly database: string;
}

/** Baton's own backup to read. */
export interface BatonRestoreRequest {
  readonly path: string;
  readonly passphrase: string;
  /** Folder the files go into; null where they are only read and compared. */
  readonly stateDir: string | null;
  /** Called when all files are there. */
  readonly place: () => Promise<Result<JournalPlace>>;
}

/** What a restore of Baton itself brought back. */
export interface BatonRestored extends Restored {
  readonly header: BackupHeader;
  readonly files: number;
}

/** Reads Baton's own backup whole: files, then the journal's database, which is made anew and compared. */
export function restoreBaton(
  request: BatonRestoreRequest,
  signal: AbortSignal,
): Promise<Result<BatonRestored>> {
  const { path, passphrase, stateDir, place } = request;
  return guarded(() =>
    readBackup(path, sealedByPassphrase(passphrase), signal, async (header, frames) => {
      if (header.kind !== "baton") throw new ProblemError(foreign(path, header.subject, "Baton itself"));
      const reader = new ArchiveReader(frames);
      const { files } = Files.parse(await reader.document("files"));
      for (const file of files) {
        const head = await reader.head();
        if (head.type !== "file" || head.name !== file)
          throw new ProblemError(damaged(`${file} is not in it`));
        await (stateDir === null
          ? readOver(reader.bytes(head))
          : writeFileWhole(stateDir, file, reader.bytes(head)));
      }
      const target = await place();
      if (!target.ok) throw new ProblemError(...target.problems);
      if (stateDir !== null) await mustBeVacant(target.value.admin, target.value.database);
      const restored = await restoreDatabase(reader, { ...target.value, signal }, untilManifest(reader));
      return { ...restored, header, files: files.length };
    }),
  );
}

async function readOver(bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of bytes);
}

async function writeFileWhole(stateDir: string, file: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  const relative = normalize(file);
  if (relative.startsWith("..") || relative.startsWith(sep))
    throw new ProblemError(damaged(`${file} lies outside`));
  const path = join(stateDir, relative);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, "wx", 0o600);
  try {
    for await (const part of bytes) await handle.appendFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What a proof of Baton's own backup showed. */
export interface BatonProof extends BatonRestored {
  readonly seconds: number;
  readonly digest: string;
  readonly bytes: number;
}

/** Restores Baton's own backup into a database of its own on a server, compares, and drops it; files are read and compared only. */
export async function proveBaton(
  request: Pick<BatonRestoreRequest, "path" | "passphrase"> & { readonly admin: string },
  signal: AbortSignal,
): Promise<Result<BatonProof>> {
  const begun = performance.now();
  return guarded(async () => {
    const { bytes, digest } = await sumFile(request.path);
    const { id } = await readHeader(request.path);
    const database = `baton_proof_${id.toLowerCase().replaceAll(/[^a-z0-9]/g, "_")}_${process.pid}`;
    const admin = onDatabase(request.admin, "postgres");
    try {
      const place = async () => ok({ admin, database });
      const restored = await restoreBaton({ ...request, stateDir: null, place }, signal);
      if (!restored.ok) throw new ProblemError(...restored.problems);
      return { ...restored.value, bytes, digest, seconds: (performance.now() - begun) / 1000 };
    } finally {
      await withConnection(admin, async (client) => {
        await client.query(`drop database if exists ${client.escapeIdentifier(database)} with (force)`);
      }).catch(() => undefined);
    }
  });
}
