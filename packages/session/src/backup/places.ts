import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { failed, ok, type Result } from "@baton/core";

/** The folders in which backups of each sort are kept: below the state folder, or below a folder a person named. */
export interface BackupPlaces {
  readonly baton: string;
  readonly databases: string;
  readonly tenants: string;
}

export const backupPlaces = (stateDir: string, out: string | undefined): BackupPlaces => {
  const root = out ?? join(stateDir, "backups");
  // Baton's own stand in a folder of their subject, as everybody's do.
  return { baton: root, databases: join(root, "databases"), tenants: join(root, "tenants") };
};

/** Where the passphrase of a key file is looked for. */
export interface PassphraseSources {
  /** BATON_KEYS_PASSPHRASE. */
  readonly given: string | undefined;
  /** Files that may hold it, the first that is there counts. */
  readonly files: readonly string[];
}

/** The passphrase that Baton's own backup is sealed with: that of the key file. Code: `BATON-BACKUP-PASSPHRASE`. */
export async function findPassphrase({ given, files }: PassphraseSources): Promise<Result<string>> {
  if (given !== undefined && given !== "") return ok(given);
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text.trim() !== "") return ok(text.trim());
  }
  return failed({
    code: "BATON-BACKUP-PASSPHRASE",
    message: "The passphrase of Baton's key file is not given; Baton's own backups are sealed with it.",
    remedy: "Set BATON_KEYS_PASSPHRASE, or name the file that holds it with --passphrase-file.",
  });
}

/** The file in a state folder that holds the passphrase Baton drew for itself. */
export const storedPassphrase = (stateDir: string): string =>
  join(stateDir, "secrets", "baton-keys-passphrase");
