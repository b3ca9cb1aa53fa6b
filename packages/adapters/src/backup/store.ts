import { readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Backup, type BackupProof, ProblemError } from "@baton/core";
import { z } from "zod";
import { type BackupHeader, readHeader, readText } from "./backup-file.ts";
import { damaged, errorCode, foreign } from "./problems.ts";

const ENDING = ".backup";

/** A proof as it stands beside its file. */
const Proof = z.strictObject({
  format: z.literal(1),
  digest: z.string(),
  bytes: z.number(),
  provenAt: z.number(),
  seconds: z.number(),
  tables: z.number(),
  rows: z.number(),
});

/** Backups in a folder: one folder a subject, one file a backup, its proof beside it. */
export interface BackupStore {
  path(subject: string, file: string): string;
  list(subject: string | null): Promise<readonly Backup[]>;
  find(subject: string, file: string): Promise<Backup | null>;
  /** `digest` and `bytes` are those of the file that was restored. */
  prove(subject: string, file: string, bytes: number, proof: BackupProof): Promise<void>;
  /** Its proof goes first: what a crash leaves is a backup that is not proven, and never a proof of nothing. */
  remove(subject: string, file: string): Promise<void>;
}

/** Opens a folder; nothing is made before something is written. */
export function backupStore(root: string, kind: BackupHeader["kind"] = "database"): BackupStore {
  const path = (subject: string, file: string): string => {
    for (const part of [subject, file])
      if (!/^[\w.~-]+$/.test(part) || part.startsWith("."))
        throw new ProblemError(damaged(`${part} is no name of a backup`));
    return join(root, subject, file);
  };
  const find = async (subject: string, file: string): Promise<Backup | null> => {
    const found = await stat(path(subject, file)).catch(nullWhereAbsent);
    if (found === null) return null;
    const header = await readHeader(path(subject, file));
    if (header.subject !== subject || header.kind !== kind)
      throw new ProblemError(foreign(file, header.subject, subject));
    const { name, takenAt, about } = header;
    const proof = await readProof(path(subject, file), found.size, found.mtimeMs);
    return { tenant: subject, name, file, bytes: found.size, takenAt, about, proof };
  };
  const list = async (subject: string): Promise<readonly Backup[]> => {
    const all = (await readdir(join(root, subject)).catch(nullWhereAbsent)) ?? [];
    const names = all.filter((name) => name.endsWith(ENDING));
    const found: Backup[] = [];
    for (const name of names) {
      const one = await find(subject, name);
      if (one !== null) found.push(one);
    }
    return found;
  };
  return {
    path,
    find,
    async list(subject) {
      const folders = (await readdir(root, { withFileTypes: true }).catch(nullWhereAbsent)) ?? [];
      const subjects =
        subject === null ? folders.filter((one) => one.isDirectory()).map((one) => one.name) : [subject];
      const all = await Promise.all(subjects.map(list));
      return all.flat().sort((a, b) => b.takenAt - a.takenAt || (a.file < b.file ? -1 : 1));
    },
    prove: (subject, file, bytes, proof) => writeProof(path(subject, file), bytes, proof),
    async remove(subject, file) {
      await rm(`${path(subject, file)}.proof`, { force: true });
      await rm(path(subject, file), { force: true });
    },
  };
}

/** Writes down beside a backup that it was proven. */
export async function writeProof(path: string, bytes: number, proof: BackupProof): Promise<void> {
  const { digest, provenAt, seconds, tables, rows } = proof;
  const text = JSON.stringify({ format: 1, digest, bytes, provenAt, seconds, tables, rows });
  const draft = `${path}.proof.draft-${process.pid}`;
  try {
    await writeFile(draft, `${text}\n`, { mode: 0o600, flush: true });
    await rename(draft, `${path}.proof`);
  } finally {
    await rm(draft, { force: true });
  }
}

/** What is not there is not there; what cannot be read is unknown, and unknown is never taken for absent. */
function nullWhereAbsent(error: unknown): null {
  if (errorCode(error) === "ENOENT") return null;
  throw error;
}

/**
 * The proof beside a file; null where there is none, or where the file is not the one that was proved: another length, or
 * written to since. What cannot be read proves nothing.
 */
async function readProof(path: string, bytes: number, changedAt: number): Promise<BackupProof | null> {
  const text = await readText(`${path}.proof`);
  try {
    const parsed = Proof.safeParse(JSON.parse(text ?? "null"));
    if (!parsed.success) return null;
    const { format: _, bytes: proved, ...proof } = parsed.data;
    return proved === bytes && changedAt <= proof.provenAt ? proof : null;
  } catch {
    return null;
  }
}
