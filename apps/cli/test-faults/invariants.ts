import type { LoadedRun } from "@baton/conductor";
import type { RunEvent } from "@baton/core";
import { connected } from "../test/databases.ts";
import { type LivePlatform, perTenant, steady } from "../test/live-platform.ts";
import { RunLog } from "./run-log.ts";

/** What must hold and does not, in words; empty is what one wants. */
export type Violations = readonly string[];

const ENCRYPTED_TABLES =
  "select (to_regclass('prompt_ciphertexts') is not null)::int + (to_regclass('prompt_deks') is not null)::int as n";

/** Versions of prompts that have no ciphertext of their present text. */
const IN_PLAINTEXT_ONLY = `select count(*)::int as n
  from prompt_versions v left join prompt_ciphertexts c using (prompt_id, version)
 where v.body is not null and c.revision is distinct from v.revision`;

const tenantsWith = async (platform: LivePlatform, sql: string, words: string): Promise<Violations> =>
  Object.entries(await perTenant(platform, sql)).flatMap(([tenant, n]) =>
    n === 0 ? [] : [`${tenant}: ${n} ${words}`],
  );

/** R1 serves every tenant alone, and nothing of R2 is left. */
export async function servesR1(platform: LivePlatform): Promise<Violations> {
  const { ports } = platform.session;
  const found: string[] = [];
  for (const { id } of await steady(() => ports.tenants.list())) {
    const { weights } = await steady(() => ports.traffic.route("platform-api", id));
    if (JSON.stringify(weights) !== '{"1.0.0":100}')
      found.push(`${id} is routed to ${JSON.stringify(weights)}`);
  }
  for (const instance of await steady(() => ports.deploy.instances()))
    if (!instance.id.endsWith("@1.0.0") || instance.state !== "healthy")
      found.push(`${instance.id} is ${instance.state}`);
  return [...found, ...(await tenantsWith(platform, ENCRYPTED_TABLES, "tables of R2"))];
}

/** At the hold every text has its ciphertext. */
export const allEncrypted = (platform: LivePlatform): Promise<Violations> =>
  tenantsWith(platform, IN_PLAINTEXT_ONLY, "texts without ciphertext");

/** Behind the contract no text stands in plaintext any more. */
export const noPlaintext = (platform: LivePlatform): Promise<Violations> =>
  tenantsWith(platform, "select count(body)::int as n from prompt_versions", "texts in plaintext");

/**
 * What holds however a run went: every acknowledged write reads back, no effect was journaled as done twice, what a tenant's
 * own ledger says was done has its intent and the other way round, the fold found nothing odd, the chains are whole, and no
 * process of a conductor is left.
 */
export async function nothingLost(platform: LivePlatform, loaded: LoadedRun): Promise<Violations> {
  const log = new RunLog(platform.session, loaded.run);
  await log.read();
  const { anomalies } = loaded.state;
  return [
    ...(anomalies.count === 0 ? [] : [`${anomalies.count} anomalies: ${anomalies.last?.reason}`]),
    ...doubled(log.events.map(({ event }) => event)),
    ...(await ledgersAgree(platform, loaded, log)),
    ...(await writesRead(platform)),
    ...(await chainsWhole(platform)),
    ...(await conductorsGone(platform)),
  ];
}

/** Effects journaled as done more than once under one key. */
function doubled(events: readonly RunEvent[]): Violations {
  const times = new Map<string, number>();
  for (const event of events)
    if (event.type === "effect.done") times.set(event.key, (times.get(event.key) ?? 0) + 1);
  if (times.size === 0) return ["no effect was journaled at all"];
  return [...times].filter(([, n]) => n > 1).map(([key, n]) => `${key} was done ${n} times`);
}

/** The rows that effects leave in tenants' databases, beside what the journal says of them. */
async function ledgersAgree(
  platform: LivePlatform,
  { index, run }: LoadedRun,
  log: RunLog,
): Promise<Violations> {
  const inTenants = (step: string) => index.steps.get(step)?.kind === "tenants.migrate";
  const intended = new Set<string>();
  const done = new Set<string>();
  for (const { event } of log.events) {
    if (event.type === "effect.intended" && inTenants(event.step)) intended.add(event.key);
    if (event.type === "effect.done" && inTenants(event.step) && log.directionOf(event) === "do")
      done.add(event.key);
  }
  const found: string[] = [];
  for (const { id } of await steady(() => platform.session.ports.tenants.list())) {
    for (const key of await keysOf(platform, id, run)) {
      if (!intended.has(key)) found.push(`${id} did ${key}, of which the journal knows no intent`);
      done.delete(key);
    }
  }
  return [...found, ...[...done].map((key) => `${key} is journaled as done, its tenant knows nothing of it`)];
}

/** Keys of a run's effects in a tenant's own ledger. A tenant that no run has come to has none yet. */
async function keysOf({ session }: LivePlatform, tenant: string, run: string): Promise<readonly string[]> {
  return connected(await steady(() => session.ports.tenants.connection(tenant)), async (client) => {
    const there = await client.query("select where to_regclass('baton.ledger') is not null");
    if (there.rowCount === 0) return [];
    const sql = "select key from baton.ledger where starts_with(key, $1)";
    return (await client.query<{ key: string }>(sql, [`${run}/`])).rows.map(({ key }) => key);
  });
}

async function writesRead({ workload }: LivePlatform): Promise<Violations> {
  const { acknowledged, lost, missing } = await steady(() => workload.verify());
  if (acknowledged === 0) return ["no write was acknowledged, so nothing is proven"];
  return lost === 0 ? [] : [`${lost} of ${acknowledged} writes are lost: ${JSON.stringify(missing[0])}`];
}

async function chainsWhole(platform: LivePlatform): Promise<Violations> {
  const { code, value } = await platform.json("audit", "verify");
  return code === 0 ? [] : [`baton audit verify: exit ${code}, ${JSON.stringify(value).slice(0, 500)}`];
}

/** The service processes live on; conductors and their workers must have ended. */
async function conductorsGone({ processes }: LivePlatform): Promise<Violations> {
  const left = (await processes.running()).filter((words) =>
    /tenants-migrate|main\.ts (run|rollback|approve)/.test(words),
  );
  return left.map((words) => `left running: ${words}`);
}
