import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type BatonRestored, backupStore, restoreBaton, restoreFile, withDatabase } from "@baton/adapters";
import { openSealedKeys } from "@baton/adapters/keys/sealed-file";
import {
  type Backup,
  failed,
  ok,
  type Problem,
  ProblemError,
  type Result,
  renderDuration,
  renderNumber,
} from "@baton/core";
import { type RestoredJournal, readyRestored } from "@baton/journal";
import { backupPlaces, findPassphrase, type Where } from "@baton/session";
import { forgetProcesses } from "@baton/supervisor";
import { type RestorePlace, type RestoreServer, restorePlace } from "../backup/restore-place.ts";
import { signRestored } from "../backup/sign-restored.ts";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { stopSignals } from "../session/stop-signals.ts";

/** What `baton restore` was asked for. */
export interface RestoreOptions {
  /** Baton's own backup. */
  readonly file: string;
  /** Folder with the backups of the platform's and the tenants' databases, as `baton backup --all --out` made it. */
  readonly with?: string;
  readonly passphraseFile?: string;
}

interface Done {
  readonly baton: BatonRestored;
  readonly journal: RestoredJournal;
  readonly databases: readonly {
    readonly subject: string;
    readonly database: string;
    readonly rows: number;
  }[];
  /** Why the journal could not be signed where it stands now; empty when it was. */
  readonly unsigned: readonly Problem[];
  /** Backups that lay there and were not restored, each with why. */
  readonly left: readonly string[];
}

/** `baton restore FILE --state NEWDIR`: Baton itself into a new state folder, with `--with` the platform's databases too. */
export async function restore(where: Where, output: Output, options: RestoreOptions): Promise<ExitCode> {
  const passphrase = await findPassphrase({
    given: process.env.BATON_KEYS_PASSPHRASE,
    files: options.passphraseFile === undefined ? [] : [resolve(options.passphraseFile)],
  });
  if (!passphrase.ok) return output.problems(passphrase.problems);
  const stop = stopSignals(() => output.lines("Stopping; what was restored so far goes again."));
  const begun = performance.now();
  try {
    const place = await restorePlace(where.stateDir, process.env.DATABASE_URL, stop.signal);
    if (!place.ok) return output.problems(place.problems);
    const done = await restoreAll(where, place.value, passphrase.value, options, stop.signal);
    if (!done.ok) {
      await place.value.abandon();
      return output.problems(done.problems);
    }
    await place.value.finish();
    return tell(where, output, done.value, (performance.now() - begun) / 1000);
  } finally {
    stop.dispose();
  }
}

async function restoreAll(
  where: Where,
  place: RestorePlace,
  passphrase: string,
  options: RestoreOptions,
  signal: AbortSignal,
): Promise<Result<Done>> {
  let server: RestoreServer | null = null;
  const baton = await restoreBaton(
    {
      path: resolve(options.file),
      passphrase,
      stateDir: place.dir,
      place: async () => {
        const started = await place.server();
        if (started.ok) server = started.value;
        return started;
      },
    },
    signal,
  );
  if (!baton.ok) return baton;
  const { admin, database } = server ?? { admin: "", database: "" };
  const facts = { backup: baton.value.header.id, takenAt: baton.value.takenAt };
  const journal = await readyRestored(withDatabase(admin, database), facts);
  if (!journal.ok) return journal;
  const unsigned = await signRestored({ ...where, stateDir: place.dir }, withDatabase(admin, database));
  await forgetProcesses(place.dir);
  const none = { databases: [], left: [] };
  const others =
    options.with === undefined
      ? ok(none)
      : await restoreOthers(resolve(options.with), place.dir, admin, passphrase, baton.value, signal);
  return others.ok ? ok({ baton: baton.value, journal: journal.value, unsigned, ...others.value }) : others;
}

/** The newest backup of each database that was on the journal's own server; others are still where they were. */
async function restoreOthers(
  folder: string,
  stateDir: string,
  admin: string,
  passphrase: string,
  baton: BatonRestored,
  signal: AbortSignal,
): Promise<Result<Pick<Done, "databases" | "left">>> {
  const keys = await openSealedKeys(join(stateDir, "keys", "keys.sealed"), passphrase);
  if (!keys.ok) return keys;
  const places = backupPlaces("", folder);
  const databases: Done["databases"][number][] = [];
  const left: string[] = [];
  for (const root of [places.databases, places.tenants]) {
    const newest = await newestOf(root);
    if (!newest.ok) return newest;
    for (const { tenant: subject, file, about } of newest.value) {
      if (hostOf(about) !== hostOf(baton.header.about)) {
        left.push(`${subject}: it was on another server (${hostOf(about)})`);
        continue;
      }
      const path = backupStore(root).path(subject, file);
      const restored = await restoreFile({ path, subject, keys: keys.value, admin }, signal);
      if (!restored.ok) return restored;
      databases.push({ subject, database: restored.value.database, rows: restored.value.rows });
    }
  }
  return databases.length + left.length === 0 ? failed(nothingThere(folder)) : ok({ databases, left });
}

const hostOf = (about: unknown): string => String(Object(about).host ?? "");

async function newestOf(root: string): Promise<Result<readonly Backup[]>> {
  const subjects = await readdir(root).catch(() => []);
  try {
    const all = await Promise.all(subjects.map(async (one) => (await backupStore(root).list(one))[0]));
    return ok(all.flatMap((one) => (one === undefined ? [] : [one])));
  } catch (error) {
    if (error instanceof ProblemError) return failed(...error.problems);
    throw error;
  }
}

function tell({ stateDir }: Where, output: Output, done: Done, seconds: number): ExitCode {
  const { baton, journal, unsigned, databases, left } = done;
  const until =
    journal.lastEventAt === null
      ? "it holds no event"
      : `its last event is of ${new Date(journal.lastEventAt).toISOString()}`;
  output.lines(
    `✓ Baton itself: ${baton.files} files, ${renderNumber(baton.rows)} rows of its journal, compared with the backup.`,
    ...databases.map(
      ({ subject, rows }) => `✓ ${subject}: ${renderNumber(rows)} rows, compared with the backup.`,
    ),
    ...left.map((one) => `· ${one}; it was left as it is.`),
    `The record goes to position ${journal.position}: ${until}. What was journaled after ${new Date(baton.takenAt).toISOString()} is not in it,`,
    "and what was done after that is seen only by looking: an anchor kept elsewhere names what is missing, `npx baton audit verify`.",
    ...unsigned.flatMap(({ code, message, remedy }) => [
      `◌ It is not signed as it stands: ${code} ${message}`,
      `  ${remedy}`,
    ]),
    `Restored in ${renderDuration(seconds)} into ${stateDir}. Next: \`npx baton up --state ${stateDir}\`, \`npx baton status\`, \`npx baton explain\`.`,
  );
  output.result({
    stateDir,
    takenAt: baton.takenAt,
    position: journal.position,
    lastEventAt: journal.lastEventAt,
    unsigned,
    databases,
    left,
    seconds,
  });
  return ExitCode.done;
}

const nothingThere = (folder: string): Problem => ({
  code: "BATON-BACKUP-MISSING",
  message: `There are no backups of databases in ${folder}.`,
  remedy: "Name the folder that `baton backup --all --out` wrote.",
  where: { file: folder },
});
