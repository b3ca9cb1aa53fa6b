import { BATON, backupStore } from "@baton/adapters";
import type { Backup, Tenant } from "@baton/core";
import type { Session } from "../session.ts";
import { backupPlaces } from "./places.ts";

const HOUR_MS = 3_600_000;
/** How old the newest proven backup may be, and how long bringing everything back one after the other may take (M054, P021). */
const OLDEST_MS = 24 * HOUR_MS;
const LONGEST_S = 4 * 3_600;

/** How somebody's backups stand. Green only with a proof that is young enough; unknown is never green. */
export interface Standing {
  readonly subject: string;
  readonly verdict: "good" | "bad" | "unknown";
  /** Of the newest proven backup, milliseconds since 1970; null where there is none. */
  readonly takenAt: number | null;
  readonly ageSeconds: number | null;
  /** What its proof took. */
  readonly restoreSeconds: number | null;
  readonly why: string;
}

export interface BackupStandings {
  readonly baton: Standing;
  readonly tenants: readonly Standing[];
  /** Sum of what the proofs took: what bringing back everything took when it was tried. Null where something is unproven. */
  readonly restoreSeconds: number | null;
  readonly verdict: Standing["verdict"];
}

/** Reads from the folder of backups how Baton's own and each tenant's stand now. Nothing is opened; headers and proofs are read. */
export async function standings(
  stateDir: string,
  tenants: readonly Pick<Tenant, "id">[],
  now: number,
): Promise<BackupStandings> {
  const places = backupPlaces(stateDir, undefined);
  const look = async (subject: string, list: () => Promise<readonly Backup[]>): Promise<Standing> => {
    try {
      return standingOf(subject, await list(), now);
    } catch {
      return unknown(subject);
    }
  };
  const baton = await look(BATON, () => backupStore(places.baton, "baton").list(BATON));
  const store = backupStore(places.tenants);
  const each = await Promise.all(tenants.map(({ id }) => look(id, () => store.list(id))));
  const all = [baton, ...each];
  const proven = all.every((one) => one.restoreSeconds !== null);
  const restoreSeconds = proven ? all.reduce((sum, one) => sum + (one.restoreSeconds ?? 0), 0) : null;
  const slow = restoreSeconds !== null && restoreSeconds > LONGEST_S;
  const worst = slow || all.some((one) => one.verdict === "bad") ? "bad" : "good";
  const verdict = all.some((one) => one.verdict === "unknown") && worst === "good" ? "unknown" : worst;
  return { baton, tenants: each, restoreSeconds, verdict };
}

/** How the backups of a platform that is up stand now; null where its tenants are not known. */
export async function backupsNow({
  ports,
  where,
}: Pick<Session, "ports" | "where">): Promise<BackupStandings | null> {
  const tenants = await ports.tenants.list();
  return tenants.ok ? standings(where.stateDir, tenants.value, Date.now()) : null;
}

const unknown = (subject: string): Standing => ({
  subject,
  verdict: "unknown",
  takenAt: null,
  ageSeconds: null,
  restoreSeconds: null,
  why: "its backups cannot be read",
});

function standingOf(subject: string, all: readonly Backup[], now: number): Standing {
  const newest = all.find((one) => one.proof !== null);
  if (newest === undefined || newest.proof === null) {
    const why = all.length === 0 ? "never backed up" : "no backup was proven by a restore";
    return { ...unknown(subject), verdict: "bad", why };
  }
  const age = Math.max(0, now - newest.takenAt);
  const old = age > OLDEST_MS;
  return {
    subject,
    verdict: old ? "bad" : "good",
    takenAt: newest.takenAt,
    ageSeconds: Math.round(age / 1000),
    restoreSeconds: newest.proof.seconds,
    why: old ? "older than 24 hours" : "proven by a restore",
  };
}
