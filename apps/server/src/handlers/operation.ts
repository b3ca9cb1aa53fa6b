import { routes } from "@baton/contracts";
import { failed, ok, type Problem } from "@baton/core";
import { backupsNow } from "@baton/session";
import { ApiError, must } from "../api/api-error.ts";
import type { Registrar } from "../api/registrar.ts";
import { cached } from "../live/cached.ts";
import type { Parts } from "../parts.ts";
import { integrationsOf } from "./integrations.ts";

const BACKUPS_FRESH_MS = 5_000;

/** What runs beside the runs: users at work, backups, and what Baton works with. */
export function operationHandlers({ json }: Registrar, parts: Parts): void {
  const { session, traffic, follower } = parts;
  json(routes.getTraffic, async ({ query: { since = 0 } }) => traffic.told(since));

  const backups = cached(async () => {
    const now = await backupsNow(session);
    return now === null ? failed(noTenants) : ok(now);
  }, BACKUPS_FRESH_MS);
  json(routes.getBackups, async () => {
    const { baton, tenants, restoreSeconds, verdict } = must(await backups());
    return { baton, tenants: [...tenants], restoreSeconds, verdict };
  });

  const integrations = integrationsOf(parts);
  json(routes.listIntegrations, async () => ({
    items: integrations.map(({ integration, title, purpose, address }) => ({
      integration,
      title,
      purpose,
      address: address(),
    })),
  }));
  json(routes.testIntegration, async ({ params: { integration: name } }) => {
    const wanted = integrations.find(({ integration }) => integration === name);
    if (wanted === undefined) throw new ApiError(unknownIntegration(name, integrations));
    const begun = performance.now();
    const tried = await wanted.test();
    return {
      integration: name,
      works: tried.ok,
      said: tried.ok ? tried.value : (tried.problems[0]?.message ?? "It does not work."),
      problem: tried.ok ? null : (tried.problems[0] ?? null),
      milliseconds: Math.round(performance.now() - begun),
      at: follower.now(),
    };
  });
}

const noTenants: Problem = {
  code: "BATON-PLATFORM-DOWN",
  message: "The platform's tenants cannot be read, so nobody can say whose backups there should be.",
  remedy: "See that the platform is up, with `npx baton status`.",
};

const unknownIntegration = (name: string, known: readonly { readonly integration: string }[]): Problem => ({
  code: "BATON-API-INTEGRATION",
  message: `There is no integration ${name}.`,
  remedy: `There are ${known.map(({ integration }) => integration).join(", ")}.`,
  details: { integration: name },
});
