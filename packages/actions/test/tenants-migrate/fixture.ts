import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSealedKeys } from "@baton/adapters/keys/sealed-file";
import { createTransitKeys } from "@baton/adapters/keys/transit-client";
import { transitServer } from "@baton/adapters/keys/transit-server";
import {
  type ActionContext,
  failed,
  type Json,
  type MigrationStage,
  ok,
  type Plan,
  type Ports,
  type Result,
} from "@baton/core";
import { testDatabase } from "@baton/testkit/postgres";
import pg from "pg";
import { tenantRole, tenantRolePassword } from "../../../../platform/shared/tenant-roles.ts";
import type { PromptVault } from "../../../../platform/shared/vault/types.ts";
import { createVault } from "../../../../platform/shared/vault/vault.ts";
import { migrationDigest } from "../../src/tenants-migrate/digest.ts";
import { tenantsMigrate } from "../../src/tenants-migrate/performer.ts";
import { unusedBackups } from "../unused-backups.ts";

export const PLATFORM = fileURLToPath(new URL("../../../../platform", import.meta.url));
export const MIGRATION = "encrypt-prompts";
export const MIGRATION_PATH = "releases/R2/migrations/encrypt-prompts";

const SECRETS: Readonly<Record<string, string>> = {
  "platform-api-db-r1": "r1-secret-of-this-test",
  "platform-api-db-r2": "r2-secret-of-this-test",
  "keys-platform-api": "token-of-the-platform-api",
  "keys-baton": "token-of-baton-itself",
};
/** Nothing that is journaled or shown may hold one of these. */
export const SECRET_VALUES = Object.values(SECRETS);

export const secret = (name: string): string => SECRETS[name] ?? "";

/** The value, or an error that names the problems. */
export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.code} ${p.message}`).join("; "));
  return result.value;
};

export const codeOf = (result: Result<unknown>): string =>
  result.ok ? "ok" : (result.problems[0]?.code ?? "none");

/** Polls until the condition holds; fails after a minute. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A real key service on a port of its own. */
export interface KeyService {
  readonly url: string;
  readonly vault: PromptVault;
  close(): Promise<void>;
}

export async function startKeys(): Promise<KeyService> {
  const folder = await mkdtemp(join(tmpdir(), "baton-migrate-keys-"));
  const keys = must(await openSealedKeys(join(folder, "keys.json"), "passphrase"));
  const app = transitServer(keys, {
    api: { token: secret("keys-platform-api"), may: ["use"] },
    baton: { token: secret("keys-baton"), may: ["use", "manage"] },
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    vault: createVault({ transitUrl: url, token: secret("keys-platform-api") }),
    close: async () => {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A tenant as R1 left it: its database, R1's role, prompts in bundles. */
export interface TestTenant {
  readonly id: string;
  readonly database: string;
  readonly url: string;
  /** Superuser's connection, for looking and for tricks. */
  readonly admin: pg.Client;
  readonly bundles: readonly string[];
  /** A connection with the role of one release; closed with the tenant. */
  as(release: "r1" | "r2"): Promise<pg.Client>;
  drop(): Promise<void>;
}

export async function makeTenant(
  keys: KeyService,
  options: { readonly prompts: number; readonly versions?: number },
): Promise<TestTenant> {
  const database = await testDatabase("migrate");
  const name = new URL(database.url).pathname.slice(1);
  const id = `t-${name.slice(-10)}`;
  const baton = createTransitKeys({ url: keys.url, token: secret("keys-baton") });
  must(await baton.create(`dcoder-${id}`));
  const open: pg.Client[] = [];
  const connect = async (url: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined);
    await client.connect();
    open.push(client);
    return client;
  };
  const admin = await connect(database.url);
  for (const schema of ["shared/schema/common.sql", "services/platform-api/schema/tenant.sql"])
    await admin.query(await readFile(join(PLATFORM, schema), "utf8"));
  await admin.query(oldRoleSql(name));
  const bundles = [randomUUID(), randomUUID(), randomUUID()];
  await seed(admin, bundles, options.prompts, options.versions ?? 2);
  return {
    id,
    database: name,
    url: database.url,
    admin,
    bundles,
    as: (release) => {
      const url = new URL(database.url);
      url.username = tenantRole(name, release);
      url.password = tenantRolePassword(secret(`platform-api-db-${release}`), url.username);
      return connect(url.href);
    },
    drop: async () => {
      for (const client of open) await client.end().catch(() => undefined);
      await database.drop();
      const server = await connect(database.adminUrl);
      for (const release of ["r1", "r2"] as const)
        await server.query(`drop role if exists ${pg.escapeIdentifier(tenantRole(name, release))}`);
      await server.end();
    },
  };
}

/** What provisioning gives R1. */
function oldRoleSql(database: string): string {
  const name = tenantRole(database, "r1");
  const role = pg.escapeIdentifier(name);
  const password = pg.escapeLiteral(tenantRolePassword(secret("platform-api-db-r1"), name));
  return `create role ${role} login password ${password};
    revoke all on database ${pg.escapeIdentifier(database)} from public;
    grant connect on database ${pg.escapeIdentifier(database)} to ${role};
    grant usage on schema public to ${role};
    grant select, insert, update on bundles, prompts, prompt_versions, idempotency, settings to ${role};
    grant select, insert on outbox to ${role};`;
}

async function seed(
  admin: pg.Client,
  bundles: readonly string[],
  prompts: number,
  versions: number,
): Promise<void> {
  await admin.query(
    `insert into bundles (id, name, created_by) select b, 'bundle ' || n, 'seed' from unnest($1::uuid[]) with ordinality x (b, n)`,
    [bundles],
  );
  await admin.query(
    `insert into prompts (id, bundle_id, name, created_by)
     select gen_random_uuid(), ($1::uuid[])[1 + n % 3], 'prompt ' || n, 'seed' from generate_series(1, $2::int) n`,
    [bundles, prompts],
  );
  await admin.query(
    `insert into prompt_versions (prompt_id, version, body, created_by)
     select id, v, name || ' in version ' || v, 'seed' from prompts, generate_series(1, $1::int) v`,
    [versions],
  );
}

/** How the engine is called for one tenant, as a conductor would. */
export interface Engine {
  readonly progress: Readonly<Record<string, number>>[];
  perform(stage: MigrationStage, options?: CallOptions): Promise<Result<Json>>;
  undo(stage: MigrationStage, before: MigrationStage | "none", options?: CallOptions): Promise<Result<Json>>;
  before(stage: MigrationStage): Promise<Result<{ readonly stage: string }>>;
  observe(stage: MigrationStage): Promise<string>;
  check(stage: MigrationStage): Promise<readonly string[]>;
  /** Performs every stage up to and with this one. */
  upTo(stage: MigrationStage): Promise<void>;
}

export interface CallOptions {
  readonly key?: string;
  readonly epoch?: number;
  readonly signal?: AbortSignal;
}

const STAGES = [
  "expand",
  "dual-write",
  "backfill",
  "fence",
  "sweep",
  "verify",
  "switch",
  "contract",
] as const;

export function engine(
  tenant: Pick<TestTenant, "id" | "database" | "url">,
  keys: KeyService,
  platformDir: string = PLATFORM,
  nodePath: string = process.execPath,
): Engine {
  const performer = tenantsMigrate({ platformDir, nodePath, niceness: 0 });
  const progress: Readonly<Record<string, number>>[] = [];
  // As it is when the engine is made, which is when a plan would be.
  const digest = migrationDigest(join(platformDir, MIGRATION_PATH));
  const context = async (options: CallOptions = {}): Promise<ActionContext> => ({
    ...contextOf(tenant, keys, progress, options),
    plan: planOf((await digest) ?? "none"),
  });
  const input = (stage: MigrationStage) => ({ migration: MIGRATION, stage });
  const none = { stage: "none" } as const;
  const perform = async (stage: MigrationStage, options: CallOptions = {}) => {
    const key = options.key ?? `run/${stage}/${tenant.id}/do/1`;
    return performer.perform(input(stage), none, key, await context(options));
  };
  return {
    progress,
    perform,
    undo: async (stage, before, options = {}) =>
      performer.undo(
        input(stage),
        { stage: before },
        null,
        options.key ?? `run/${stage}/${tenant.id}/undo/1`,
        await context(options),
      ),
    before: async (stage) => performer.before(input(stage), await context()),
    observe: async (stage) => (await performer.observe(input(stage), none, await context())).state,
    check: async (stage) =>
      (await performer.check(input(stage), await context())).map((problem) => problem.code),
    upTo: async (last) => {
      for (const stage of STAGES.slice(0, STAGES.indexOf(last) + 1)) must(await perform(stage));
    },
  };
}

function contextOf(
  tenant: Pick<TestTenant, "id" | "database" | "url">,
  keys: KeyService,
  progress: Readonly<Record<string, number>>[],
  options: CallOptions,
): Omit<ActionContext, "plan"> {
  return {
    ports: portsOf(tenant.url, keys),
    run: "run",
    step: "step",
    tenant: { id: tenant.id, ring: "pilot", database: tenant.database, host: "local" },
    epoch: options.epoch ?? 1,
    signal: options.signal ?? new AbortController().signal,
    progress: (figures) => progress.push(figures),
  };
}

function portsOf(url: string, keys: KeyService): Ports {
  const unused = async () =>
    failed({ code: "BATON-TEST-UNUSED", message: "A migration has no business here.", remedy: "" });
  return {
    deploy: { instances: unused, digest: () => "", start: unused, stop: unused },
    traffic: { route: unused, setRoute: unused, inFlight: unused, syncUpstreams: unused },
    http: { get: unused },
    keys: createTransitKeys({ url: keys.url, token: secret("keys-baton") }),
    tenants: { list: unused, connection: async () => ok(url) },
    backups: unusedBackups,
    resolve: {
      text: async (template) =>
        ok(
          template
            .replaceAll("${keys.url}", keys.url)
            .replaceAll(/\$\{secret\.([a-z0-9-]+)\}/g, (_, name: string) => secret(name)),
        ),
    },
  };
}

/** A plan of this migration alone, approved with these files. */
export const planOf = (digest: string): Plan => ({
  format: 1,
  platform: "dcoder",
  environment: "local",
  release: "R2",
  from: "R1",
  title: "Encrypted prompts",
  author: null,
  hash: "0".repeat(64),
  rings: ["pilot"],
  tenants: [],
  services: {},
  migrations: { [MIGRATION]: { path: MIGRATION_PATH, digest } },
  limits: { units: 4, perHost: 4, attempts: 4, backoffSeconds: 1, failureBudget: 0 },
  onFailure: "rollback",
  onParked: "wait",
  phases: [],
  steps: [],
  assumptions: [],
  estimates: { totalSeconds: 0, criticalPath: [], worstRollbackSeconds: 0, pointOfNoReturn: null },
});
