import { join } from "node:path";
import { loadMigration, migrationDigest } from "@baton/actions";
import { observeHalfway, settledUnits } from "@baton/conductor";
import {
  type CompileInput,
  catalogue,
  compilePlan,
  failed,
  type Halfway,
  hasLeft,
  type Instance,
  type MigrationFolder,
  ok,
  type Plan,
  type Problem,
  type Result,
  type Tenant,
} from "@baton/core";
import { sha256 } from "@baton/journal";
import { findRelease, servicesOf } from "./definition/lineage.ts";
import type { LoadedRelease } from "./definition/load.ts";
import type { Session } from "./session.ts";

const noFrom = (name: string, file: string): Problem => ({
  code: "BATON-PLAN-FROM",
  message: `${name} follows no release, so there is nothing to go from.`,
  remedy: `Bring the platform up at ${name} with \`npx baton up\`, or name a release with a \`from\`.`,
  where: { file, path: "from" },
});

/**
 * Compiles the plan of a release from what people wrote and what is observed right now. A service of the release before
 * that is not healthy is a problem, not an assumption. Where it supersedes a run that stopped half-way, each tenant's traffic is
 * moved from where it is seen to go, and what that run left in place is looked for tenant by tenant and not planned again.
 */
export async function makePlan(
  session: Session,
  name: string,
  superseded: string | null = null,
): Promise<Result<Plan>> {
  const { definition } = session;
  const target = findRelease(definition, name);
  if (!target.ok) return target;
  const { release, file, places } = target.value;
  if (release.from === undefined) return { ok: false, problems: [noFrom(name, file)] };
  const before = servicesOf(definition, release.from);
  if (!before.ok) return before;
  const present = Object.fromEntries(
    Object.entries(before.value).map(([service, { version }]) => [service, version]),
  );
  const seen = await look(session, target.value, present, superseded !== null);
  if (!seen.ok) return seen;
  const input: CompileInput = {
    platform: definition.platform,
    release,
    places,
    observed: { tenants: [...seen.value.tenants], services: present },
    migrations: await foldersOf(session, target.value),
    catalogue,
    sha256,
  };
  const { halfway } = seen.value;
  return superseded === null || halfway === null
    ? compilePlan(input)
    : compileFromHalfway(session, input, superseded, halfway);
}

/** Compiles twice: once for all there would be to do, and, when that has been looked for tenant by tenant, for what is left. */
async function compileFromHalfway(
  { performers, ports }: Session,
  input: CompileInput,
  run: string,
  halfway: Halfway,
): Promise<Result<Plan>> {
  const whole = compilePlan({ ...input, superseding: { run, ...halfway, settled: new Set() } });
  if (!whole.ok) return whole;
  const signal = AbortSignal.timeout(LOOK_MS);
  const settled = await settledUnits({ plan: whole.value, performers, ports, signal });
  if (!settled.ok) return settled;
  return compilePlan({ ...input, superseding: { run, ...halfway, settled: settled.value } });
}

/** How long looking at all tenants may take. */
const LOOK_MS = 600_000;

interface Seen {
  readonly tenants: readonly Tenant[];
  readonly halfway: Halfway | null;
}

/** What is there: the tenants, whether the versions before the release are healthy, and what a stopped run has left. */
async function look(
  { ports }: Session,
  { release }: LoadedRelease,
  present: Readonly<Record<string, string>>,
  superseding: boolean,
): Promise<Result<Seen>> {
  const [tenants, instances] = [await ports.tenants.list(), await ports.deploy.instances()];
  if (!tenants.ok || !instances.ok)
    return failed(...(tenants.ok ? [] : tenants.problems), ...(instances.ok ? [] : instances.problems));
  const brings = Object.keys(release.services);
  const halfway = superseding
    ? await observeHalfway({ ports, tenants: tenants.value, present, brings })
    : ok(null);
  if (!halfway.ok) return halfway;
  const problems = Object.entries(present)
    .filter(([service, version]) => halfway.value === null || !hasLeft(halfway.value, service, version))
    .flatMap(([service, version]) => notHealthy(service, version, release.from ?? "", instances.value));
  return problems.length > 0 ? failed(...problems) : ok({ tenants: tenants.value, halfway: halfway.value });
}

function notHealthy(
  service: string,
  version: string,
  from: string,
  instances: readonly Instance[],
): readonly Problem[] {
  const instance = instances.find((i) => i.service === service && i.version === version);
  if (instance?.state === "healthy") return [];
  return [
    {
      code: "BATON-PLAN-OBSERVED",
      message: `${service} ${version}, which ${from} has in service, is ${instance?.state ?? "not running"}.`,
      remedy: "Bring the platform up with `npx baton up`, then plan again.",
    },
  ];
}

/** The folders of the release's migrations, as they are. */
async function foldersOf(
  { where }: Session,
  { release, folder }: LoadedRelease,
): Promise<Readonly<Record<string, MigrationFolder>>> {
  const migrations: Record<string, MigrationFolder> = {};
  for (const [migration, path] of Object.entries(release.migrations)) {
    const relative = join(folder, path);
    const at = join(where.platformDir, relative);
    const [digest, found] = [await migrationDigest(at), await loadMigration(at)];
    const reversible = found.ok && found.value.manifest.stages.contract?.undo !== undefined;
    migrations[migration] = { path: relative, digest, reversible };
  }
  return migrations;
}
