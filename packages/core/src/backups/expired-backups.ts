import type { Retention } from "../model/platform.ts";
import type { Backup } from "../ports/backups.ts";

const DAY_MS = 86_400_000;

/** When a backup is old enough to go, by its age alone: milliseconds since 1970. */
export const oldEnoughAt = (takenAt: number, { days }: Retention): number => takenAt + days * DAY_MS;

/**
 * Which of one subject's backups may go, the oldest first: those older than `days` that are not among the newest `keep` proven
 * ones. One that is not proven counts for nothing and goes only when it is as old and a newer one is proven. So the last proven
 * backup never goes, nor any while none is proven. What an unfinished run may still need (`needed`, by file) stays.
 */
export function expiredBackups(
  all: readonly Backup[],
  policy: Retention,
  now: number,
  needed: ReadonlySet<string>,
): readonly Backup[] {
  const proven = all.filter(({ proof }) => proof !== null).sort((a, b) => b.takenAt - a.takenAt);
  const newest = proven[0];
  if (newest === undefined) return [];
  const kept = new Set(proven.slice(0, policy.keep).map(({ file }) => file));
  return all
    .filter(
      ({ file, takenAt, proof }) =>
        now > oldEnoughAt(takenAt, policy) &&
        !kept.has(file) &&
        !needed.has(file) &&
        (proof !== null || takenAt < newest.takenAt),
    )
    .sort((a, b) => a.takenAt - b.takenAt);
}
