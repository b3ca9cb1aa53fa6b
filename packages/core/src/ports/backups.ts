import type { Json } from "../json.ts";
import type { Retention } from "../model/platform.ts";
import type { Problem, Result } from "../problem.ts";

/** One backup of a tenant's database, as its file and its proof say. */
export interface Backup {
  readonly tenant: string;
  readonly name: string;
  /** Its file's name; unique for the tenant. */
  readonly file: string;
  readonly bytes: number;
  /** When the snapshot was taken: milliseconds since 1970 by the database's clock. */
  readonly takenAt: number;
  /** What was so when it was made: release, run. */
  readonly about: Json;
  /** Null: never shown to give back what it holds, or the file is not the one that was. */
  readonly proof: BackupProof | null;
}

/** That a backup was restored into a database of its own and found the same: shape, rows, sequences, rights. */
export interface BackupProof {
  /** Milliseconds since 1970 by the machine's clock. */
  readonly provenAt: number;
  /** How long the restore took, comparison included. */
  readonly seconds: number;
  readonly tables: number;
  readonly rows: number;
  /** SHA-256 of the file that was restored, hex. */
  readonly digest: string;
}

/** A backup to make. */
export interface BackupRequest {
  readonly tenant: string;
  readonly name: string;
  readonly file: string;
  /** Key-encryption key that wraps the file's own key; made where there is none. */
  readonly key: string;
  readonly about: Json;
}

/** One bringing back of a tenant's database; `id` tells it from others, and names what it makes besides. */
export interface Restoration {
  readonly tenant: string;
  readonly file: string;
  readonly id: string;
  /** Of the conductor that does it; an older one is refused. */
  readonly epoch: number;
}

/** How a restoration stands. */
export interface RestorationState {
  readonly state: "absent" | "partial" | "present";
  readonly detail: string;
}

/** What a restoration did. */
export interface RestorationReport {
  /** Database that holds what was there before, closed to everybody; null where there was none. */
  readonly setAside: string | null;
  readonly tables: number;
  readonly rows: number;
  readonly seconds: number;
  /** Where the database had rows that the backup has not, in words. They are in the database set aside. */
  readonly lost: readonly string[];
}

/**
 * Backups of tenants' databases: made online from one snapshot, encrypted, proved by a restore. Codes: `BATON-BACKUP-…` and
 * `BATON-RESTORE-…`, and what the database or the key service answers.
 */
export interface BackupsPort {
  /** How long these are kept; null where nothing removes them. */
  readonly retention: Retention | null;
  /** A tenant's backups, or everybody's, the newest first. A file that cannot be read is a problem, never left out. */
  list(tenant: string | null): Promise<Result<readonly Backup[]>>;
  /** Null where there is no such file. */
  find(tenant: string, file: string): Promise<Result<Backup | null>>;
  /** Makes the file, whole or not at all. One that is there already stays. */
  make(request: BackupRequest, signal: AbortSignal): Promise<Result<Backup>>;
  /** Restores into a database of its own, compares, drops it, and writes down that it did. */
  prove(tenant: string, file: string, signal: AbortSignal): Promise<Result<Backup>>;
  /** Removes a backup with its proof. Safe to repeat: one that is gone is gone. */
  remove(tenant: string, file: string): Promise<Result<void>>;
  /** What a restoration of this backup would take away: where the database has rows that the backup has not, in words. */
  losses(tenant: string, file: string, signal: AbortSignal): Promise<Result<readonly string[]>>;
  observe(restoration: Restoration): Promise<Result<RestorationState>>;
  /**
   * Makes a database beside the tenant's from the backup, compares it with the backup, closes the tenant's to everybody and
   * puts the new one in its place; the old one is set aside. Refused with `BATON-RESTORE-LOSS`, and the tenant served as
   * before, where rows would be lost and `maintenance` does not allow it. Safe to repeat.
   */
  restore(
    restoration: Restoration,
    maintenance: boolean,
    signal: AbortSignal,
  ): Promise<Result<RestorationReport>>;
  /** Puts the database that was set aside back in its place. Where the restored one was written to, it is kept, closed. */
  takeBack(restoration: Restoration, signal: AbortSignal): Promise<Result<{ readonly kept: string | null }>>;
}

/** `before-r2.20261121T114046Z-ab12cd34.backup`: what it is called, when it was begun (ISO 8601), and what no other has. */
export const backupFileName = (name: string, begunAt: string, random: string): string =>
  `${name}.${begunAt.replaceAll(/[-:]|\.\d+/g, "")}-${random}.backup`;

const NAMED = 8;

/** Rows would go out of service with the database that is there. */
export const wouldLose = (tenant: string, losses: readonly string[]): Problem => ({
  code: "BATON-RESTORE-LOSS",
  message: `Tenant ${tenant}: the database has rows that the backup has not: ${losses.slice(0, NAMED).join("; ")}${losses.length > NAMED ? "; and more" : ""}.`,
  remedy:
    "Take a newer backup, or say `maintenance: true` in the step: the tenant is then brought back without them, and they stay in the database that is set aside.",
  details: { tenant, losses: losses.slice(0, 50) },
});
