import type { Assumption, Plan } from "../model/plan.ts";
import type { Tenant } from "../model/tenant.ts";

/** What a plan takes for granted: versions in service, rings and their tenants, the files of migrations. */
export function assumptionsOf({
  services,
  ended,
  rings,
  tenants,
  migrations,
}: {
  readonly services: Readonly<Record<string, string>>;
  /** Services whose version here runs no more. */
  readonly ended: readonly string[];
  readonly rings: readonly string[];
  readonly tenants: readonly Tenant[];
  readonly migrations: Plan["migrations"];
}): Assumption[] {
  const inService = Object.entries(services)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([service, version]) => ({
      subject: `service:${service}`,
      value: version,
      text: `${service} ${version} ${ended.includes(service) ? "was in service and runs no more" : "is in service"}.`,
    }));
  const inRings = rings.map((ring) => {
    const ids = tenants.filter((tenant) => tenant.ring === ring).map((tenant) => tenant.id);
    return { subject: `ring:${ring}`, value: ids, text: ringText(ring, ids) };
  });
  const folders = Object.entries(migrations)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { path, digest }]) => ({
      subject: `migration:${name}`,
      value: digest,
      text: `The files of migration ${name} in ${path} are those with digest ${digest.slice(0, 12)}.`,
    }));
  const order = {
    subject: "rings",
    value: [...rings],
    text: `The rings are, in order: ${rings.join(", ")}.`,
  };
  return [...inService, order, ...inRings, ...folders];
}

function ringText(ring: string, ids: readonly string[]): string {
  if (ids.length === 0) return `Ring ${ring} has no tenants.`;
  const shown = ids.slice(0, 5).join(", ");
  const more = ids.length > 5 ? ` and ${ids.length - 5} more` : "";
  return `Ring ${ring} has ${ids.length === 1 ? "1 tenant" : `${ids.length} tenants`}: ${shown}${more}.`;
}
