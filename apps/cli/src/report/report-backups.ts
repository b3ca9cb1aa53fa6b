import type { BackupStandings, Standing } from "@baton/session";
import type { Report } from "./report.ts";

/** The command that makes what is missing. */
const MAKES = "`npx baton backup --all` makes what is missing";

/** How backups stand in a report. An age that is null has its reason noted under its path; none is ever a 0. */
export function reportBackups(
  standings: BackupStandings | null,
  reason: string,
  note: (path: string, reason: string) => void,
): Report["backups"] {
  const tenants = standings?.tenants ?? [];
  const proven = tenants.filter(({ ageSeconds }) => ageSeconds !== null);
  const baton = standings?.baton.ageSeconds ?? null;
  const restoreSeconds = standings?.restoreSeconds ?? null;
  if (baton === null) note("backups.batonSeconds", standings === null ? reason : missing(standings.baton));
  if (proven.length === 0) note("backups.oldestTenantSeconds", standings === null ? reason : noneOf(tenants));
  if (restoreSeconds === null)
    note("backups.restoreSeconds", standings === null ? reason : "not everything was restored and compared");
  return {
    verdict: standings?.verdict ?? "unknown",
    batonSeconds: baton,
    oldestTenantSeconds: proven.length === 0 ? null : Math.max(...proven.map((one) => one.ageSeconds ?? 0)),
    restoreSeconds,
    tenants:
      standings === null
        ? null
        : {
            total: tenants.length,
            proven: proven.length,
            good: tenants.filter(({ verdict }) => verdict === "good").length,
          },
  };
}

const missing = ({ why }: Standing): string => `${why}: ${MAKES}`;

const noneOf = (tenants: readonly Standing[]): string =>
  tenants.length === 0 ? "there is no tenant" : `no tenant has a proven backup: ${MAKES}`;
