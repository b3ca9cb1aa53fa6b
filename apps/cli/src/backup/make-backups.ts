import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { BATON, backUpBaton, createBackups, proveBaton, withDatabase, writeProof } from "@baton/adapters";
import {
  type BackupsPort,
  backupFileName,
  failed,
  type Json,
  ok,
  type Problem,
  type Result,
} from "@baton/core";
import type { BackupPlaces, Session } from "@baton/session";

/** A backup that was made, as a person and a program are told of it. */
export interface MadeBackup {
  readonly subject: string;
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970: the moment it is of. */
  readonly takenAt: number;
  readonly provenAt: number | null;
  /** How long bringing it back took when it was tried. */
  readonly restoreSeconds: number | null;
}

/** What all backups of one command share. */
export interface BackupWork {
  readonly session: Session;
  readonly places: BackupPlaces;
  readonly name: string;
  readonly prove: boolean;
  readonly passphrase: string;
  readonly signal: AbortSignal;
}

/** The platform's own databases stand among the backups under this and their name; no tenant's id holds the sign. */
const PLATFORM = "platform~";
export const platformSubject = (database: string): string => `${PLATFORM}${database}`;

const fileName = (name: string): string =>
  backupFileName(name, new Date().toISOString(), randomBytes(4).toString("hex"));

/** What was so when a backup was made; for people. */
const aboutNow = ({ definition }: Session): Readonly<Record<string, Json>> => ({
  platform: definition.platform.platform,
  environment: definition.platform.environment,
});

const journalUrl = ({ supervisor }: Session): Promise<Result<string>> =>
  supervisor.resolve("${database.baton}");

/** Backs Baton itself up, and proves it where that is wanted. */
export async function backUpItself(work: BackupWork): Promise<Result<MadeBackup>> {
  const { session, places, name, passphrase, signal } = work;
  const url = await journalUrl(session);
  if (!url.ok) return url;
  const path = join(places.baton, BATON, fileName(name));
  const { stateDir } = session.where;
  const request = {
    path,
    name,
    stateDir,
    database: url.value,
    passphrase,
    about: { ...aboutNow(session), host: new URL(url.value).host },
  };
  const made = await backUpBaton(request, signal);
  if (!made.ok) return made;
  const { bytes, takenAt } = made.value;
  const unproven = { subject: BATON, path, bytes, takenAt, provenAt: null, restoreSeconds: null };
  return work.prove ? proveItself({ ...work, path }, unproven) : ok(unproven);
}

/** Shows that a backup of Baton itself gives back what it holds, and writes that down beside it. */
export async function proveItself(
  {
    session,
    path,
    passphrase,
    signal,
  }: Pick<BackupWork, "session" | "passphrase" | "signal"> & { readonly path: string },
  made: Omit<MadeBackup, "bytes" | "takenAt">,
): Promise<Result<MadeBackup>> {
  const url = await journalUrl(session);
  if (!url.ok) return url;
  const proven = await proveBaton({ path, passphrase, admin: url.value }, signal);
  if (!proven.ok) return proven;
  const { digest, bytes, seconds, tables, rows, takenAt } = proven.value;
  const provenAt = Date.now();
  await writeProof(path, bytes, { digest, provenAt, seconds, tables, rows });
  return ok({ ...made, bytes, takenAt, provenAt, restoreSeconds: seconds });
}

/** Connection string to a tenant's database or one of the platform's own, with all rights. A secret. */
async function connectionTo(session: Session, subject: string): Promise<Result<string>> {
  if (!subject.startsWith(PLATFORM)) return session.ports.tenants.connection(subject);
  const declared = session.definition.platform.databases[subject.slice(PLATFORM.length)];
  if (declared === undefined) return failed(unknownDatabase(subject.slice(PLATFORM.length)));
  const [server, database] =
    typeof declared === "string"
      ? ["${database.baton}", declared]
      : [`\${server.${declared.server}}`, declared.database];
  const admin = await session.supervisor.resolve(server);
  return admin.ok ? ok(withDatabase(admin.value, database)) : admin;
}

const unknownDatabase = (name: string): Problem => ({
  code: "BATON-BACKUP-DATABASE",
  message: `The platform declares no database ${name}.`,
  remedy: "Name one of `databases` in platform.yaml.",
});

/** Backups in a folder of one's own, of the tenants and of the platform's own databases. */
export function backupsIn(session: Session, root: string): BackupsPort {
  return createBackups({
    root,
    keys: session.ports.keys,
    retention: session.definition.platform.backups ?? null,
    connection: (subject) => connectionTo(session, subject),
  });
}

/** Backs one tenant's database up, or one of the platform's own, and proves it where that is wanted. */
export async function backUpDatabase(
  work: BackupWork,
  subject: string,
  root: string,
): Promise<Result<MadeBackup>> {
  const { session, name, signal } = work;
  const backups = backupsIn(session, root);
  const file = fileName(name);
  const key = `baton-backup-${subject.replace("~", "-")}`;
  const url = await connectionTo(session, subject);
  if (!url.ok) return url;
  const facts = { ...aboutNow(session), host: new URL(url.value).host };
  const made = await backups.make({ tenant: subject, name, file, key, about: facts }, signal);
  const done = made.ok && work.prove ? await backups.prove(subject, file, signal) : made;
  if (!done.ok) return done;
  const { bytes, takenAt, proof } = done.value;
  return ok({
    subject,
    path: join(root, subject, file),
    bytes,
    takenAt,
    provenAt: proof?.provenAt ?? null,
    restoreSeconds: proof?.seconds ?? null,
  });
}
