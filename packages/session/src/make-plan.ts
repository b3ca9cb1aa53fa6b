import { join } from "node:path";
import { loadMigration, migrationDigest } from "@baton/actions";
import { settledUnits } from "@baton/conductor";
import {
  type CompileInput,
  catalogue,
  compilePlan,
  type MigrationFolder,
  type Plan,
  type Problem,
  type Result,
} from "@baton/core";
import { sha256 } from "@baton/journal";
import { findRelease, servicesOf } from "./definition/lineage.ts";
import type { Session } from "./session.ts";

const noFrom = (name: string, file: string): Problem => ({
  code: "BATON-PLAN-FROM",
  message: `${name} follows no release, so there is nothing to go from.`,
  remedy: `Bring the platform up at ${name} with \`npx baton up\`, or name a release with a \`from\`.`,
  where: { file, path: "from" },
});

/**
 * Compiles the plan of a release from what people wrote and what is observed right now. A service of the release before
 * that is not healthy is a problem, not an assumption. Where it supersedes a run that stopped half-way, what that one left in
 * place is looked for tenant by tenant and not planned again.
 */
export async function makePlan(
  session: Session,
  name: string,
  superseded: string | null = null,
): Promise<Result<Plan>> {
  const { definition, ports, where } = session;
  const target = findRelease(definition, name);
  if (!target.ok) return target;
  const { release, file, folder, places } = target.value;
  if (release.from === undefined) return { ok: false, problems: [noFrom(name, file)] };
  const before = servicesOf(definition, release.from);
  if (!before.ok) return before;
  const [tenants, instances] = [await ports.tenants.list(), await ports.deploy.instances()];
  const problems: Problem[] = [];
  if (!tenants.ok) problems.push(...tenants.problems);
  if (!instances.ok) problems.push(...instances.problems);
  const present: Record<string, string> = {};
  for (const [service, { version }] of Object.entries(before.value)) {
    present[service] = version;
    if (!instances.ok) continue;
    const instance = instances.value.find((i) => i.service === service && i.version === version);
    if (instance?.state !== "healthy") {
      problems.push({
        code: "BATON-PLAN-OBSERVED",
        message: `${service} ${version}, which ${release.from} has in service, is ${instance?.state ?? "not running"}.`,
        remedy: "Bring the platform up with `npx baton up`, then plan again.",
      });
    }
  }
  const migrations: Record<string, MigrationFolder> = {};
  for (const [migration, path] of Object.entries(release.migrations)) {
    const relative = join(folder, path);
    const at = join(where.platformDir, relative);
    const [digest, found] = [await migrationDigest(at), await loadMigration(at)];
    const reversible = found.ok && found.value.manifest.stages.contract?.undo !== undefined;
    migrations[migration] = { path: relative, digest, reversible };
  }
  if (!tenants.ok || problems.length > 0) return { ok: false, problems };
  const input: CompileInput = {
    platform: definition.platform,
    release,
    places,
    observed: { tenants: [...tenants.value], services: present },
    migrations,
    catalogue,
    sha256,
  };
  const plan = compilePlan(input);
  if (!plan.ok || superseded === null) return plan;
  const { performers } = session;
  const signal = AbortSignal.timeout(LOOK_MS);
  const settled = await settledUnits({ plan: plan.value, performers, ports, signal });
  if (!settled.ok) return settled;
  return compilePlan({ ...input, superseding: { run: superseded, settled: settled.value } });
}

/** How long looking at all tenants may take. */
const LOOK_MS = 600_000;
