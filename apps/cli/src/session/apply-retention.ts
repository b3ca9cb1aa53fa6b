import { renderNumber } from "@baton/core";
import type { BackupPlaces, Session } from "@baton/session";
import { type Pruned, type PrunedBackup, pruneBackups } from "../backup/prune.ts";
import type { Output } from "../output.ts";

/** Applies the platform's retention where newer backups were proven, and says what went; nothing goes where it has none. */
export async function applyRetention(
  session: Session,
  places: BackupPlaces,
  output: Output,
  subjects?: ReadonlySet<string>,
): Promise<Pruned> {
  const policy = session.definition.platform.backups;
  if (policy === undefined) return { removed: [], problems: [] };
  const pruned = await pruneBackups({
    session,
    places,
    policy,
    now: Date.now(),
    dryRun: false,
    ...(subjects === undefined ? {} : { subjects }),
  });
  output.lines(...prunedLines(pruned.removed, false));
  return pruned;
}

/** A line for each backup that went, or would go. */
export const prunedLines = (removed: readonly PrunedBackup[], dryRun: boolean): readonly string[] =>
  removed.map(({ subject, path, bytes, takenAt, proven }) => {
    const of = `${new Date(takenAt).toISOString().slice(0, 16).replace("T", " ")} UTC`;
    const kind = proven ? "proven" : "not proven";
    return `${dryRun ? "would go" : "removed"}  ${subject.padEnd(22)} of ${of}, ${kind}, ${renderNumber(Math.ceil(bytes / 1024))} KB  ${path}`;
  });
