import { randomUUID } from "node:crypto";
import { createTransitKeys } from "@baton/adapters/keys/transit-client";
import { type ActionContext, failed, type MigrationStage, ok, type Plan, type Ports } from "@baton/core";
import { describeLaws } from "@baton/testkit/laws/describe-laws";
import type pg from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { keysCreate } from "../src/keys-create/performer.ts";
import { tenantsMigrate } from "../src/tenants-migrate/performer.ts";
import {
  engine,
  type KeyService,
  MIGRATION,
  MIGRATION_PATH,
  makeTenant,
  must,
  PLATFORM,
  SECRET_VALUES,
  secret,
  startKeys,
  type TestTenant,
} from "../test/tenants-migrate/fixture.ts";
import { mutatedPlatform } from "../test/tenants-migrate/mutated.ts";

let keys: KeyService;
/** The same migration in batches of one row, so that it can be cut off in the middle. */
let small: Awaited<ReturnType<typeof mutatedPlatform>>;
beforeAll(async () => {
  keys = await startKeys();
  const from = "options: { batchRows: 50, pauseShare: 1 }";
  small = await mutatedPlatform([
    { file: "migration.yaml", from, to: "options: { batchRows: 1, pauseShare: 0 }" },
  ]);
});
afterAll(async () => {
  await small.remove();
  await keys.close();
});

describeLaws("keys.create", {
  undo: "kept",
  make: async () => {
    const id = `t-${randomUUID()}`;
    const name = `dcoder-${id}`;
    const ring = createTransitKeys({ url: keys.url, token: secret("keys-baton") });
    const tenant = { id, database: "none", url: "" };
    return {
      performer: keysCreate(),
      input: { key: "dcoder-${tenant}" },
      context: contextOf(tenant, keys.url),
      unreachable: contextOf(tenant, "http://127.0.0.1:1"),
      world: { snapshot: async () => must(await ring.describe(name)) },
      secrets: SECRET_VALUES,
      cleanup: async () => {},
    };
  },
});

const STAGES = ["none", "expand", "dual-write", "backfill", "fence"] as const;
const KEPT: readonly MigrationStage[] = ["backfill"];

for (const [at, stage] of STAGES.entries()) {
  if (stage === "none") continue;
  describeLaws(`tenants.migrate to ${stage}`, {
    undo: KEPT.includes(stage) ? "kept" : "restored",
    make: async () => {
      const tenant = await makeTenant(keys, { prompts: 4 });
      const previous = STAGES[at - 1];
      if (previous !== undefined && previous !== "none") await engine(tenant, keys).upTo(previous);
      const platformDir = stage === "backfill" ? small.dir : PLATFORM;
      const performer = tenantsMigrate({ platformDir, nodePath: process.execPath });
      const input = { migration: MIGRATION, stage };
      return {
        performer,
        input,
        context: contextOf(tenant, keys.url),
        newer: { ...contextOf(tenant, keys.url), epoch: 2 },
        unreachable: contextOf({ ...tenant, url: "postgres://x:y@127.0.0.1:1/none" }, keys.url),
        world: { snapshot: () => snapshotOf(tenant) },
        half: async (before, key) => {
          const cut = new AbortController();
          // A stage that is one transaction is cut before it; one in batches, after its first figures.
          if (stage !== "backfill") cut.abort();
          const context = { ...contextOf(tenant, keys.url), signal: cut.signal, progress: () => cut.abort() };
          expect((await performer.perform(input, before, key, context)).ok).toBe(false);
        },
        secrets: SECRET_VALUES,
        cleanup: () => tenant.drop(),
      };
    },
  });
}

/** Stage, shape, ciphertexts and rights of a tenant's database; not the ledger, which counts what was done. */
async function snapshotOf({ admin, database }: TestTenant): Promise<unknown> {
  const has = async (table: string) =>
    (await one(admin, "select to_regclass($1) is not null as there", [table]))?.there === true;
  const stage = (await has("baton.migration_stage"))
    ? ((await one(admin, "select stage from baton.migration_stage where migration = $1", [MIGRATION]))
        ?.stage ?? "none")
    : "none";
  const shape = await admin.query(
    `select table_name, column_name, data_type from information_schema.columns
     where table_schema = 'public' order by 1, 2`,
  );
  const triggers = await admin.query(
    "select tgname, tgenabled from pg_trigger where not tgisinternal order by 1",
  );
  const ciphertexts = (await has("public.prompt_ciphertexts"))
    ? (await admin.query("select prompt_id, version, revision from prompt_ciphertexts order by 1, 2")).rows
    : [];
  const rights = await admin.query(
    `select table_name, privilege_type from information_schema.role_table_grants where grantee = $1 order by 1, 2`,
    [`${database}_r1`],
  );
  return { stage, shape: shape.rows, triggers: triggers.rows, ciphertexts, rights: rights.rows };
}

async function one(
  client: pg.Client,
  sql: string,
  values: readonly string[],
): Promise<Readonly<Record<string, unknown>> | undefined> {
  return (await client.query(sql, [...values])).rows[0];
}

function contextOf(tenant: Pick<TestTenant, "id" | "database" | "url">, keysUrl: string): ActionContext {
  const unused = async () =>
    failed({ code: "BATON-TEST-UNUSED", message: "This action has no business here.", remedy: "" });
  const ports: Ports = {
    deploy: { instances: unused, digest: () => "", start: unused, stop: unused },
    traffic: { route: unused, setRoute: unused, inFlight: unused, syncUpstreams: unused },
    http: { get: unused },
    keys: createTransitKeys({ url: keysUrl, token: secret("keys-baton") }),
    tenants: { list: unused, connection: async () => ok(tenant.url) },
    resolve: {
      text: async (template) =>
        ok(
          template
            .replaceAll("${keys.url}", keysUrl)
            .replaceAll(/\$\{secret\.([a-z0-9-]+)\}/g, (_, name: string) => secret(name)),
        ),
    },
  };
  return {
    ports,
    plan: PLAN,
    run: "run",
    step: "step",
    tenant: { id: tenant.id, ring: "pilot", database: tenant.database, host: "local" },
    epoch: 1,
    signal: new AbortController().signal,
    progress: () => {},
  };
}

const PLAN: Plan = {
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
  migrations: { [MIGRATION]: { path: MIGRATION_PATH, digest: "" } },
  limits: { units: 4, perHost: 4, attempts: 4, backoffSeconds: 1, failureBudget: 0 },
  onFailure: "rollback",
  onParked: "wait",
  phases: [],
  steps: [],
  assumptions: [],
  estimates: { totalSeconds: 0, criticalPath: [], worstRollbackSeconds: 0, pointOfNoReturn: null },
};
