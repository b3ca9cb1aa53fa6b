import { failed, type KeysPort, ok, ProblemError, type Result } from "@baton/core";
import { readBackup } from "./backup-file.ts";
import { ArchiveReader, type Restored, restoreDatabase, untilManifest } from "./database-backup.ts";
import { wrappedByKey } from "./key-keepers.ts";
import { foreign, problemsOf } from "./problems.ts";
import { mustBeVacant } from "./vacant.ts";

/** A database's backup to bring back under the name it had. */
export interface FileRestore {
  readonly path: string;
  readonly subject: string;
  readonly keys: KeysPort;
  /** Connection string to the server, with the right to create databases. A secret. */
  readonly admin: string;
}

/** Makes a database anew on a server that does not have it, and compares it with the backup. One that is there is never touched. */
export async function restoreFile(
  { path, subject, keys, admin }: FileRestore,
  signal: AbortSignal,
): Promise<Result<Restored & { readonly database: string }>> {
  try {
    return ok(
      await readBackup(path, wrappedByKey(keys, ""), signal, async (header, frames) => {
        if (header.kind !== "database" || header.subject !== subject)
          throw new ProblemError(foreign(path, header.subject, subject));
        const { database } = header;
        await mustBeVacant(admin, database);
        const reader = new ArchiveReader(frames);
        return {
          ...(await restoreDatabase(reader, { admin, database, signal }, untilManifest(reader))),
          database,
        };
      }),
    );
  } catch (error) {
    return failed(...problemsOf(error, subject));
  }
}
