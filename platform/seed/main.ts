// Gives D.Coder its demonstration tenants and their prompts. Safe to repeat.

import pg from "pg";
import { Agent } from "undici";
import { demoPassword, PLATFORM_ADMIN } from "../shared/demo-users.ts";
import { environment } from "../shared/environment.ts";
import { jsonLog } from "../shared/json-log.ts";
import { CALLBACK_PATH, WEB_CLIENT_ID } from "../shared/oidc-client.ts";
import { signIn } from "../shared/sign-in.ts";
import { fillTenant } from "./fill.ts";
import { type SeedTenant, seedTenants } from "./tenants.ts";

/** Tenants that are worked on at the same time. */
const PARALLEL = 4;
const PROMPTS = 200;

const env = environment(["API_URL", "ISSUER", "USERS_SECRET", "SHARED_DATABASE_URL", "TENANTS_SERVER_URL"]);
const log = jsonLog("seed");
const started = performance.now();
const tenants = seedTenants(countFrom("TENANTS"));
const prompts = countFrom("PROMPTS") ?? PROMPTS;

const { accessToken } = await signIn({
  issuer: env.ISSUER,
  clientId: WEB_CLIENT_ID,
  redirectUri: new URL(CALLBACK_PATH, env.ISSUER).href,
  username: PLATFORM_ADMIN,
  password: demoPassword(env.USERS_SECRET, PLATFORM_ADMIN),
});
// Provisioning many databases on a busy machine takes longer than fetch waits by default.
const agent = new Agent({ headersTimeout: 120_000 });
const shared = new pg.Pool({ connectionString: env.SHARED_DATABASE_URL, max: 1, application_name: "seed" });

let added = 0;
const queue = [...tenants];
const failures: string[] = [];
await Promise.all(Array.from({ length: PARALLEL }, work));
await Promise.all([shared.end(), agent.close()]);
const seconds = Math.round((performance.now() - started) / 100) / 10;
if (failures.length === 0)
  log.info("seeded", { tenants: tenants.length, prompts: tenants.length * prompts, added, seconds });
else {
  // All of them in one line, so that whoever shows only the last one shows everything.
  log.error(failures.join("; "), { tenants: failures.length });
  process.exitCode = 1;
}

/** One tenant that cannot be filled keeps no other from being. */
async function work(): Promise<void> {
  for (let tenant = queue.shift(); tenant !== undefined; tenant = queue.shift()) {
    try {
      await provision(tenant);
      added += await fillTenant(await databaseUrl(tenant.id), tenant.id, prompts);
    } catch (error) {
      failures.push(`tenant ${tenant.id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

async function provision(tenant: SeedTenant): Promise<void> {
  const answer = await agent.request({
    origin: env.API_URL,
    path: "/v1/tenants",
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    body: JSON.stringify(tenant),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200 && answer.statusCode !== 201)
    throw new Error(`provisioning ${tenant.id} was answered ${answer.statusCode}: ${text}`);
}

async function databaseUrl(tenant: string): Promise<string> {
  const { rows } = await shared.query<{ database: string }>("select database from tenants where id = $1", [
    tenant,
  ]);
  const url = new URL(env.TENANTS_SERVER_URL);
  url.pathname = `/${rows[0]?.database ?? ""}`;
  return url.href;
}

/** A count from the environment, for benchmarks; null where it is not set. */
function countFrom(name: string): number | null {
  const text = process.env[name] ?? "";
  if (text === "") return null;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`${name} is a whole number of at least 1, not “${text}”`);
  return count;
}
