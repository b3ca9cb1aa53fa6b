import type { RunSummary } from "@baton/conductor";
import { type TenantBody, TenantStanding } from "@baton/contracts";
import { ok, type Result, stepState, type Tenant } from "@baton/core";
import { type Definition, inService, servicesOf } from "@baton/session";
import type { z } from "zod";
import type { KnownRun } from "../live/run-store.ts";
import { fanOuts, standsOf } from "./run-tenants.ts";

export type TenantView = z.output<typeof TenantBody>;

/** Where a tenant stands in a run. */
interface Stand {
  readonly known: KnownRun;
  readonly planned: Tenant;
  readonly standing: z.output<typeof TenantStanding>;
  readonly step: { readonly id: string; readonly title: string } | null;
}

/** So many of the last runs are looked through for tenants that later ones did not have. */
const LOOKED_AT = 10;

/** What the fleet is made of. */
export interface FleetInput {
  readonly definition: Definition;
  readonly tenants: readonly Tenant[];
  /** The oldest first. */
  readonly runs: readonly RunSummary[];
  readonly get: (run: string) => Promise<Result<KnownRun>>;
}

/** Every tenant that is observed now, ring by ring, with where it stands by the last run that has it. */
export async function fleetOf(input: FleetInput): Promise<Result<readonly TenantView[]>> {
  const { definition, runs, get } = input;
  const stands = new Map<string, Stand>();
  for (const { run } of [...runs].reverse().slice(0, LOOKED_AT)) {
    if (input.tenants.every(({ id }) => stands.has(id))) break;
    const known = await get(run);
    if (!known.ok) return known;
    for (const [id, stand] of standsIn(known.value)) if (!stands.has(id)) stands.set(id, stand);
  }
  const rings = definition.platform.tenants.rings;
  const { current } = inService(definition, runs);
  const order = (tenant: Tenant) => rings.indexOf(tenant.ring);
  const sorted = [...input.tenants].sort((a, b) => order(a) - order(b) || (a.id < b.id ? -1 : 1));
  const services = new Map<string, TenantView["versions"]>();
  return ok(
    sorted.map((tenant) => viewOf(tenant, stands.get(tenant.id) ?? null, current, definition, services)),
  );
}

function standsIn(known: KnownRun): readonly [string, Stand][] {
  const { loaded } = known;
  const stands = standsOf(loaded);
  const steps = fanOuts(loaded);
  return loaded.plan.tenants.map((planned, at) => {
    const step = steps[stands.step[at] ?? -1];
    const standing = TenantStanding.options[stands.standing[at] ?? 0] ?? "pending";
    return [planned.id, { known, planned, standing, step: step ?? null }];
  });
}

function viewOf(
  tenant: Tenant,
  stand: Stand | null,
  current: string | null,
  definition: Definition,
  services: Map<string, TenantView["versions"]>,
): TenantView {
  const release = servedBy(stand, current);
  const known = release === null ? null : (services.get(release) ?? versionsOf(definition, release));
  if (release !== null) services.set(release, known);
  return {
    tenant: tenant.id,
    ring: tenant.ring,
    database: tenant.database,
    host: tenant.host,
    release,
    versions: known,
    lastRun: stand === null ? null : lastRun(tenant.id, stand),
    drift: stand === null ? [] : drifted(tenant, stand.planned),
    receipt: stand !== null && isTouched(stand, tenant.id),
  };
}

/** By what the runs say. A tenant in the middle of a run is between two releases, and so is one that was left behind. */
function servedBy(stand: Stand | null, current: string | null): string | null {
  if (stand === null) return current;
  const { loaded, listed } = stand.known;
  if (listed.supersedes !== null && listed.ended?.outcome !== "succeeded") return null;
  if (stand.standing === "pending" || stand.standing === "undone") return loaded.plan.from;
  const arrived = listed.ended?.outcome === "succeeded" || listed.ended?.outcome === "succeeded-with-parked";
  return arrived && stand.standing === "done" ? loaded.plan.release : null;
}

function versionsOf(definition: Definition, release: string): TenantView["versions"] {
  const services = servicesOf(definition, release);
  return services.ok
    ? Object.entries(services.value).map(([service, { version }]) => ({ service, version }))
    : null;
}

const lastRun = (
  id: string,
  { known: { loaded, listed }, standing, step }: Stand,
): TenantView["lastRun"] => ({
  run: listed.run,
  release: listed.release,
  outcome: listed.ended?.outcome ?? null,
  standing,
  step: step?.id ?? null,
  stepTitle: step?.title ?? null,
  parked: loaded.state.parked.get(id) ?? null,
});

const drifted = (now: Tenant, planned: Tenant): TenantView["drift"] =>
  (["ring", "database", "host"] as const).flatMap((what) =>
    now[what] === planned[what] ? [] : [{ what, planned: planned[what], now: now[what] }],
  );

const isTouched = ({ known: { loaded } }: Stand, id: string): boolean =>
  fanOuts(loaded).some((step) => stepState(loaded.state, step.id).units.get(id)?.touched === true);
