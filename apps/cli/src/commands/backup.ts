import { basename, dirname, resolve } from "node:path";
import { BATON, readHeader } from "@baton/adapters";
import {
  failed,
  ok,
  type Problem,
  ProblemError,
  type Result,
  renderDuration,
  renderNumber,
  type Tenant,
} from "@baton/core";
import { backupPlaces, findPassphrase, type Session, storedPassphrase, type Where } from "@baton/session";
import {
  type BackupWork,
  backUpDatabase,
  backUpItself,
  backupsIn,
  type MadeBackup,
  platformSubject,
  proveItself,
} from "../backup/make-backups.ts";
import { pruneBackups } from "../backup/prune.ts";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { applyRetention, prunedLines } from "../session/apply-retention.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { withSession } from "../session/with-session.ts";

/** What `baton backup` was asked for. */
export interface BackupOptions {
  readonly out?: string;
  readonly tenant?: string;
  readonly all: boolean;
  readonly name: string;
  readonly proof: boolean;
  /** A file to prove in place of making any. */
  readonly prove?: string;
  /** Remove what the platform's retention lets go, and make none. */
  readonly prune: boolean;
  /** With `prune`: say what would go. */
  readonly dryRun: boolean;
}

/** `baton backup`: Baton itself, tenants, or all there is, while everything goes on; each proven by a restore. */
export const backup = (where: Where, output: Output, options: BackupOptions): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    if (options.prune) return await pruneOnly(session, output, options);
    const stop = stopSignals(() =>
      output.lines("Stopping; a backup that is not whole leaves nothing behind."),
    );
    try {
      const passphrase = await findPassphrase({
        given: process.env.BATON_KEYS_PASSPHRASE,
        files: [storedPassphrase(where.stateDir)],
      });
      if (!passphrase.ok) return output.problems(passphrase.problems);
      const places = backupPlaces(
        where.stateDir,
        options.out === undefined ? undefined : resolve(options.out),
      );
      const { name, proof: prove } = options;
      const work: BackupWork = {
        session,
        places,
        name,
        prove,
        passphrase: passphrase.value,
        signal: stop.signal,
      };
      if (options.prove !== undefined) return await proveFile(work, resolve(options.prove), output);
      const jobs = await jobsOf(work, options);
      return jobs.ok ? await makeAll(work, jobs.value, output) : output.problems(jobs.problems);
    } finally {
      stop.dispose();
    }
  });

type Job = () => Promise<Result<MadeBackup>>;

const unknownTenant = (tenant: string): Problem => ({
  code: "BATON-TENANTS-UNKNOWN",
  message: `There is no tenant ${tenant}.`,
  remedy: "See `npx baton status` for the tenants there are.",
});

/** What is to be made, in order: tenants before Baton itself, whose keys must know all that sealed them. */
async function jobsOf(work: BackupWork, { tenant, all }: BackupOptions): Promise<Result<readonly Job[]>> {
  const itself: Job = () => backUpItself(work);
  if (!all && tenant === undefined) return ok([itself]);
  const tenants = await work.session.ports.tenants.list();
  if (!tenants.ok) return tenants;
  const chosen = tenants.value.filter((one) => all || one.id === tenant);
  if (chosen.length === 0 && tenant !== undefined) return failed(unknownTenant(tenant));
  const ofTenant =
    ({ id }: Tenant): Job =>
    () =>
      backUpDatabase(work, id, work.places.tenants);
  if (!all) return ok(chosen.map(ofTenant));
  const databases = Object.keys(work.session.definition.platform.databases).map(
    (name): Job =>
      () =>
        backUpDatabase(work, platformSubject(name), work.places.databases),
  );
  return ok([...databases, ...chosen.map(ofTenant), itself]);
}

/** One after the other; one that fails does not keep the others from being made. */
async function makeAll(work: BackupWork, jobs: readonly Job[], output: Output): Promise<ExitCode> {
  const made: MadeBackup[] = [];
  const problems: Problem[] = [];
  for (const job of jobs) {
    const done = await job();
    if (!done.ok) {
      problems.push(...done.problems);
      continue;
    }
    made.push(done.value);
    output.lines(lineOf(done.value));
  }
  const proven = made.filter(({ provenAt }) => provenAt !== null).map(({ subject }) => subject);
  const pruned = await applyRetention(work.session, work.places, output, new Set(proven));
  problems.push(...pruned.problems);
  if (problems.length > 0) return output.problems(problems);
  if (made.some(({ subject }) => subject === BATON))
    output.lines(
      "Baton's own backup opens with the passphrase of the key file alone. Keep that passphrase apart from it: without it nothing",
      "here can be read, tenants' backups included. It is BATON_KEYS_PASSPHRASE, or secrets/baton-keys-passphrase in the state folder.",
    );
  output.result({ backups: made, removed: pruned.removed });
  return ExitCode.done;
}

/** `baton backup --prune`: what the platform's retention lets go, removed or only named. */
async function pruneOnly(session: Session, output: Output, options: BackupOptions): Promise<ExitCode> {
  const policy = session.definition.platform.backups;
  if (policy === undefined) return output.problems([noRetention]);
  const out = options.out === undefined ? undefined : resolve(options.out);
  const places = backupPlaces(session.where.stateDir, out);
  const { dryRun } = options;
  const pruned = await pruneBackups({ session, places, policy, now: Date.now(), dryRun });
  output.lines(...prunedLines(pruned.removed, dryRun));
  if (pruned.problems.length > 0) return output.problems(pruned.problems);
  if (pruned.removed.length === 0) output.lines("Nothing is old enough to go.");
  output.result({ dryRun, removed: pruned.removed });
  return ExitCode.done;
}

const noRetention: Problem = {
  code: "BATON-BACKUP-RETENTION",
  message: "The platform says not how long backups are kept, so all of them are.",
  remedy: "Write `backups: { keep: 3, days: 14 }` into platform.yaml: the newest 3, and all of 14 days.",
};

function lineOf({ subject, path, bytes, restoreSeconds }: MadeBackup): string {
  const proven =
    restoreSeconds === null ? "◌ not proven" : `restored and compared in ${renderDuration(restoreSeconds)}`;
  return `✓ ${subject.padEnd(22)} ${renderNumber(Math.ceil(bytes / 1024))} KB  ${proven}  ${path}`;
}

/** Shows that a file which is there gives back what it holds. */
async function proveFile(work: BackupWork, path: string, output: Output): Promise<ExitCode> {
  const proven = await provenFile(work, path);
  if (!proven.ok) return output.problems(proven.problems);
  output.lines(lineOf(proven.value));
  output.result({ backups: [proven.value] });
  return ExitCode.done;
}

async function provenFile(
  { session, passphrase, signal }: BackupWork,
  path: string,
): Promise<Result<MadeBackup>> {
  const header = await headerOf(path);
  if (!header.ok) return header;
  const { kind, subject } = header.value;
  const unproven = { subject, path, provenAt: null, restoreSeconds: null };
  if (kind === "baton") return proveItself({ session, path, passphrase, signal }, unproven);
  if (basename(dirname(path)) !== subject) return failed(outOfPlace(path, subject));
  const proven = await backupsIn(session, dirname(dirname(path))).prove(subject, basename(path), signal);
  if (!proven.ok) return proven;
  const { bytes, takenAt, proof } = proven.value;
  const { provenAt, seconds } = proof ?? { provenAt: null, seconds: null };
  return ok({ ...unproven, bytes, takenAt, provenAt, restoreSeconds: seconds });
}

async function headerOf(path: string): Promise<Result<Awaited<ReturnType<typeof readHeader>>>> {
  try {
    return ok(await readHeader(path));
  } catch (error) {
    if (error instanceof ProblemError) return failed(...error.problems);
    throw error;
  }
}

const outOfPlace = (path: string, subject: string): Problem => ({
  code: "BATON-BACKUP-PLACE",
  message: `${path} is a backup of ${subject} and lies in a folder of another name.`,
  remedy: `Put it into a folder called ${subject}, as it was made.`,
  where: { file: path },
});
