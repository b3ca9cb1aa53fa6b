import { randomBytes } from "node:crypto";
import {
  type Backup,
  type BackupsPort,
  failed,
  fillTenant,
  type KeysPort,
  ok,
  ProblemError,
  type Restoration,
  type RestorationReport,
  type Result,
  type Retention,
} from "@baton/core";
import { type KeyKeeper, readBackup, readHeader, sumFile, writeBackup } from "./backup-file.ts";
import { databaseOf, onDatabase, withConnection } from "./connection.ts";
import {
  ArchiveReader,
  dumpDatabase,
  type Restored,
  restoreDatabase,
  untilManifest,
} from "./database-backup.ts";
import { wrappedByKey } from "./key-keepers.ts";
import { lossesOf, sumsOfBackup, sumsOfDatabase } from "./losses.ts";
import { foreign, missing, problemsOf } from "./problems.ts";
import { observeRestore, performRestore, type RestoreWork, undoRestore } from "./restore.ts";
import { backupStore } from "./store.ts";

export interface BackupsOptions {
  /** Folder of the backups: one folder a tenant in it. */
  readonly root: string;
  readonly keys: KeysPort;
  /** The platform's policy; nothing here applies it by itself. */
  readonly retention: Retention | null;
  /** Connection string to a tenant's database, with the right to create databases on its server. A secret. */
  readonly connection: (tenant: string) => Promise<Result<string>>;
}

/** Backups of tenants' databases as files in a folder. Connections are opened for one call and closed. */
export function createBackups(options: BackupsOptions): BackupsPort {
  const store = backupStore(options.root);
  const must = <T>(result: Result<T>): T => {
    if (!result.ok) throw new ProblemError(...result.problems);
    return result.value;
  };
  const guarded = async <T>(tenant: string, work: () => Promise<T>): Promise<Result<T>> => {
    try {
      return ok(await work());
    } catch (error) {
      return failed(...problemsOf(error, `Tenant ${tenant}`));
    }
  };
  const found = async (tenant: string, file: string): Promise<Backup> => {
    const backup = await store.find(tenant, file);
    if (backup === null) throw new ProblemError(missing(`${file} of ${tenant}`));
    return backup;
  };
  // Each server has this one, and it is no tenant's: what is renamed must not be connected to.
  const adminOf = async (tenant: string): Promise<string> =>
    onDatabase(must(await options.connection(tenant)), "postgres");
  const keeperOf = (key: string): KeyKeeper => wrappedByKey(options.keys, key);
  const into = async (
    tenant: string,
    file: string,
    database: string,
    signal: AbortSignal,
  ): Promise<Restored> => {
    const admin = await adminOf(tenant);
    return readBackup(store.path(tenant, file), keeperOf(""), signal, async (header, frames) => {
      if (header.subject !== tenant) throw new ProblemError(foreign(file, header.subject, tenant));
      const reader = new ArchiveReader(frames);
      return restoreDatabase(reader, { admin, database, signal }, untilManifest(reader));
    });
  };
  const losses = async (tenant: string, file: string, url: string, signal: AbortSignal) =>
    lossesOf(
      await sumsOfBackup(store.path(tenant, file), tenant, keeperOf(""), signal),
      await sumsOfDatabase(url, signal),
    );
  const workOf = async (restoration: Restoration, signal: AbortSignal): Promise<RestoreWork> => ({
    restoration,
    admin: await adminOf(restoration.tenant),
    database: databaseOf(must(await options.connection(restoration.tenant))),
    signal,
    load: (database) => into(restoration.tenant, restoration.file, database, signal),
    kept: () =>
      sumsOfBackup(
        store.path(restoration.tenant, restoration.file),
        restoration.tenant,
        keeperOf(""),
        signal,
      ),
  });

  return {
    retention: options.retention,
    remove: (tenant, file) => guarded(tenant, () => store.remove(tenant, file)),
    list: (tenant) => guarded(tenant ?? "of any name", () => store.list(tenant)),
    find: (tenant, file) => guarded(tenant, () => store.find(tenant, file)),
    make: ({ tenant, name, file, key, about }, signal) =>
      guarded(tenant, async () => {
        const there = await store.find(tenant, file);
        if (there !== null) return there;
        const url = must(await options.connection(tenant));
        await dumpDatabase(url, signal, (source, { takenAt }) =>
          writeBackup(
            store.path(tenant, file),
            { kind: "database", subject: tenant, name, database: databaseOf(url), takenAt, about },
            keeperOf(fillTenant(key, tenant)),
            source,
            signal,
          ),
        );
        return found(tenant, file);
      }),
    prove: (tenant, file, signal) =>
      guarded(tenant, async () => {
        const path = store.path(tenant, file);
        const { bytes, digest } = await sumFile(path);
        const begun = performance.now();
        const admin = await adminOf(tenant);
        const scratch = await scratchName(admin, (await readHeader(path)).id);
        try {
          const { tables, rows } = await into(tenant, file, scratch, signal);
          const seconds = (performance.now() - begun) / 1000;
          await store.prove(tenant, file, bytes, { digest, provenAt: Date.now(), seconds, tables, rows });
        } finally {
          await dropDatabase(admin, scratch).catch(() => undefined);
        }
        return found(tenant, file);
      }),
    losses: (tenant, file, signal) =>
      guarded(tenant, async () => losses(tenant, file, must(await options.connection(tenant)), signal)),
    observe: (restoration) =>
      guarded(restoration.tenant, async () =>
        observeRestore(await workOf(restoration, new AbortController().signal)),
      ),
    restore: (restoration, maintenance, signal): Promise<Result<RestorationReport>> =>
      guarded(restoration.tenant, async () => performRestore(await workOf(restoration, signal), maintenance)),
    takeBack: (restoration, signal) =>
      guarded(restoration.tenant, async () => undoRestore(await workOf(restoration, signal))),
  };
}

/** Name of a database to prove a backup in. What a killed prover of the same backup left goes; one at work keeps its own. */
function scratchName(admin: string, id: string): Promise<string> {
  const start = `baton_proof_${id.toLowerCase().replaceAll(/[^a-z0-9]/g, "_")}_`;
  return withConnection(admin, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select d.datname as name from pg_database d where starts_with(d.datname, $1)
          and not exists (select from pg_stat_activity a where a.datid = d.oid)`,
      [start],
    );
    for (const { name } of rows)
      await client.query(`drop database if exists ${client.escapeIdentifier(name)}`).catch(() => undefined);
    return `${start}${randomBytes(4).toString("hex")}`;
  });
}

const dropDatabase = (admin: string, database: string): Promise<void> =>
  withConnection(admin, async (client) => {
    await client.query(`drop database if exists ${client.escapeIdentifier(database)} with (force)`);
  });
