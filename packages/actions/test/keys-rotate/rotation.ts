import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Plan } from "@baton/core";
import { createVault } from "../../../../platform/shared/vault/vault.ts";
import { migrationDigest } from "../../src/tenants-migrate/digest.ts";
import { PLATFORM, planOf, secret, type TestTenant } from "../tenants-migrate/fixture.ts";

/** The migration that says where D.Coder's data keys stand. */
export const ROTATION = "prompt-keys";
const PATH = "releases/R2/migrations/prompt-keys";

/** A plan approved with that migration's files as they are. */
export async function rotationPlan(): Promise<Plan> {
  const digest = (await migrationDigest(join(PLATFORM, PATH))) ?? "none";
  return { ...planOf("none"), migrations: { [ROTATION]: { path: PATH, digest } } };
}

/** A digest of each data key as a process opens it that has none in memory, by bundle. */
export async function plainKeys(
  tenant: TestTenant,
  keysUrl: string,
): Promise<Readonly<Record<string, string>>> {
  const vault = createVault({ transitUrl: keysUrl, token: secret("keys-platform-api") });
  const { rows } = await tenant.admin.query<{ id: string }>(
    "select id::text as id from prompt_deks order by id",
  );
  const found: Record<string, string> = {};
  for (const { id } of rows) {
    const { key } = await vault.dekById(tenant.admin, tenant.id, id);
    found[id] = createHash("sha256").update(key).digest("hex");
  }
  return found;
}
