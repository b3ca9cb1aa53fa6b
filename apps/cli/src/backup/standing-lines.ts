import { renderDuration } from "@baton/core";
import type { BackupStandings, Standing } from "@baton/session";

const MARK = { good: "✓", bad: "✗", unknown: "◌" } as const;
const NAMED = 5;

/** How backups stand, in one line or two: Baton's own first, then the tenants' with those that are not well by name. */
export const backupLines = (backups: BackupStandings | null): readonly string[] =>
  backups === null
    ? [`◌ ${"backups".padEnd(22)} unknown: the tenants cannot be listed`]
    : standingLines(backups);

function standingLines({ baton, tenants, restoreSeconds, verdict }: BackupStandings): readonly string[] {
  const good = tenants.filter((one) => one.verdict === "good");
  const oldest = Math.max(0, ...good.map((one) => one.ageSeconds ?? 0));
  const parts = [
    `Baton ${of(baton)}`,
    `${good.length}/${tenants.length} tenants${good.length === 0 ? "" : `, oldest ${renderDuration(oldest)}`}`,
    ...(restoreSeconds === null ? [] : [`all back in ${renderDuration(restoreSeconds)} when tried`]),
  ];
  const wanting = tenants.filter((one) => one.verdict !== "good");
  return [
    `${MARK[verdict]} ${"backups".padEnd(22)} ${parts.join(" · ")}`,
    ...(wanting.length === 0
      ? []
      : [
          `  ${wanting
            .slice(0, NAMED)
            .map((one) => `${one.subject}: ${one.why}`)
            .join("; ")}${wanting.length > NAMED ? `; ${wanting.length - NAMED} more` : ""}`,
        ]),
  ];
}

const of = ({ ageSeconds, why, verdict }: Standing): string =>
  ageSeconds === null || verdict !== "good" ? why : `${renderDuration(ageSeconds)} ago`;
