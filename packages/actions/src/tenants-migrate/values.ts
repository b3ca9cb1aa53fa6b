import { type ActionContext, failed, ok, type Problem, type Result, type Tenant } from "@baton/core";
import type { Migration } from "./manifest.ts";
import type { ResolvedValues } from "./stage.ts";

/** Fills in the manifest's values for one tenant: the tenant's own first, the rest by the environment. */
export async function resolveValues(
  migration: Migration,
  tenant: Tenant,
  context: ActionContext,
): Promise<Result<ResolvedValues>> {
  const problems: Problem[] = [];
  const filled = async (templates: Readonly<Record<string, string>>) => {
    const entries: [string, string][] = [];
    for (const [name, template] of Object.entries(templates)) {
      const own = template
        .replaceAll("${tenant.database}", tenant.database)
        .replaceAll("${tenant}", tenant.id);
      const text = own.includes("${") ? await context.ports.resolve.text(own) : ok(own);
      if (text.ok) entries.push([name, text.value]);
      else problems.push(...text.problems);
    }
    return Object.fromEntries(entries);
  };
  const { manifest } = migration;
  const values = {
    parameters: await filled(manifest.parameters),
    secrets: await filled(manifest.secrets),
    settings: await filled(manifest.settings),
  };
  return problems.length > 0 ? failed(...problems) : ok(values);
}
