import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createTransitKeys } from "@baton/adapters/keys/transit-client";
import { type ActionContext, failed, type MigrationStage, ok, type Plan, type Ports } from "@baton/core";
import { describeLaws } from "@baton/testkit/laws/describe-laws";
import type pg from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { keysCreate } from "../src/keys-create/performer.ts";
import { keysRotate } from "../src/keys-rotate/performer.ts";
import { migrationDigest } from "../src/tenants-migrate/digest.ts";
import { tenantsMigrate } from "../src/tenants-migrate/performer.ts";
import { plainKeys, ROTATION, rotationPlan } from "../test/keys-rotate/rotation.ts";
import { cutFenceInItsWait } from "../test/tenants-migrate/cut-fence.ts";
import {
  engine,
  type KeyService,
  MIGRATION,
  MIGRATION_PATH,
  makeTenant,
  must,
  PLATFORM,
  planOf,
  SECRET_VALUES,
  secret,
  startKeys,
  type TestTenant,
} from "../test/tenants-migrate/fixture.ts";
import { mutatedPlatform } from "../test/tenants-migrate/mutated.ts";
import { unusedBackups } from "./unused-backups.ts";

let keys: KeyService;
/** The same migration in batches of one row, so that it can be cut off in the middle. */
let small: Awaited<ReturnType<typeof mutatedPlatform>>;
/** The plan that is approved with the files of a platform's folder, by that folder. */
const plans = new Map<string, Plan>();
beforeAll(async () => {
  keys = await startKeys();
  const to = "options: { batchRows: 1, pauseShare: 0 }";
  small = await mutatedPlatform(
    [
      "options: { batchRows: 50, pauseShare: 1 }",
      "options: { batchRows: 50, pauseShare: 0.5 }",
      "options: { batchRows: 200 }",
    ].map((from) => ({ file: "migration.yaml", from, to })),
  );
  for (const dir of [PLATFORM, small.dir])
    plans.set(dir, planOf((await migrationDigest(join(dir, MIGRATION_PATH))) ?? "none"));
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

describeLaws("keys.rotate", {
  undo: "restored",
  make: async () => {
    const tenant = await makeTenant(keys, { prompts: 3 });
    await engine(tenant, keys).upTo("expand");
    const name = `dcoder-${tenant.id}`;
    const ring = createTransitKeys({ url: keys.url, token: secret("keys-baton") });
    const place = Buffer.from("a backup made before");
    const probe = must(await ring.wrap(name, Buffer.from("kept elsewhere"), place));
    for (const bundle of tenant.bundles) await keys.vault.dekForBundle(tenant.admin, tenant.id, bundle);
    const plan = await rotationPlan();
    const context = contextOf(tenant, keys.url, plan);
    const performer = keysRotate({ platformDir: PLATFORM });
    const input = { key: "dcoder-${tenant}", wrapped: ROTATION };
    return {
      performer,
      input,
      context,
      unreachable: contextOf(tenant, "http://127.0.0.1:1", plan),
      // What opens is what counts: versions are only ever added.
      world: {
        snapshot: async () => ({
          oldOpens: (await ring.unwrap(name, probe, place)).ok,
          dataKeys: await plainKeys(tenant, keys.url),
          refusing:
            (await one(tenant.admin, "select 1 as n from pg_constraint where conname = $1", [
              "prompt_deks_version",
            ])) !== undefined,
        }),
      },
      half: async (before, key) => {
        const cut = new AbortController();
        const half = { ...context, signal: cut.signal, progress: () => cut.abort() };
        expect((await performer.perform(input, before, key, half)).ok).toBe(false);
      },
      secrets: SECRET_VALUES,
      cleanup: () => tenant.drop(),
    };
  },
});

const STAGES = [
  "none",
  "expand",
  "dual-write",
  "backfill",
  "fence",
  "sweep",
  "verify",
  "switch",
  "contract",
] as const;
/** Those that work in batches; what they wrote is only a copy, and stays. */
const KEPT: readonly MigrationStage[] = ["backfill", "sweep", "verify"];

for (const [at, stage] of STAGES.entries()) {
  if (stage === "none") continue;
  describeLaws(`tenants.migrate to ${stage}`, {
    undo: KEPT.includes(stage) ? "kept" : "restored",
    make: async () => {
      const tenant = await makeTenant(keys, { prompts: 4 });
      const previous = STAGES[at - 1];
      if (stage === "sweep") {
        await engine(tenant, keys).upTo("backfill");
        await tenant.admin.query("update prompt_versions set body = body || ', written since'");
      }
      if (previous !== undefined && previous !== "none") await engine(tenant, keys).upTo(previous);
      const platformDir = KEPT.includes(stage) ? small.dir : PLATFORM;
      const plan = plans.get(platformDir) ?? planOf("none");
      const context = contextOf(tenant, keys.url, plan);
      const performer = tenantsMigrate({ platformDir, nodePath: process.execPath, niceness: 0 });
      const input = {
        migration: MIGRATION,
        stage,
        ...(stage === "contract" ? { reverse: true as const } : {}),
      };
      return {
        performer,
        input,
        context,
        newer: { ...context, epoch: 2 },
        unreachable: contextOf({ ...tenant, url: "postgres://x:y@127.0.0.1:1/none" }, keys.url, plan),
        world: { snapshot: () => snapshotOf(tenant) },
        half: async (before, key) => {
          const perform = (signal: AbortSignal, progress = () => {}) =>
            performer.perform(input, before, key, { ...context, signal, progress });
          if (stage === "fence") return cutFenceInItsWait(tenant, perform);
          const cut = new AbortController();
          // A stage that is one transaction is cut before it; one in batches, after its first figures.
          if (!KEPT.includes(stage)) cut.abort();
          expect((await perform(cut.signal, () => cut.abort())).ok).toBe(false);
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
  const texts = await admin.query("select prompt_id, version, body from prompt_versions order by 1, 2");
  const rights = await admin.query(
    `select table_name, privilege_type from information_schema.role_table_grants where grantee = $1 order by 1, 2`,
    [`${database}_r1`],
  );
  return {
    stage,
    shape: shape.rows,
    triggers: triggers.rows,
    ciphertexts,
    texts: texts.rows,
    rights: rights.rows,
  };
}

async function one(
  client: pg.Client,
  sql: string,
  values: readonly string[],
): Promise<Readonly<Record<string, unknown>> | undefined> {
  return (await client.query(sql, [...values])).rows[0];
}

function contextOf(
  tenant: Pick<TestTenant, "id" | "database" | "url">,
  keysUrl: string,
  plan = planOf("none"),
): ActionContext {
  const unused = async () =>
    failed({ code: "BATON-TEST-UNUSED", message: "This action has no business here.", remedy: "" });
  const ports: Ports = {
    deploy: { instances: unused, digest: () => "", start: unused, stop: unused },
    traffic: { route: unused, setRoute: unused, inFlight: unused, syncUpstreams: unused },
    http: { get: unused },
    keys: createTransitKeys({ url: keysUrl, token: secret("keys-baton") }),
    tenants: { list: unused, connection: async () => ok(tenant.url) },
    backups: unusedBackups,
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
    plan,
    run: "run",
    step: "step",
    tenant: { id: tenant.id, ring: "pilot", database: tenant.database, host: "local" },
    epoch: 1,
    signal: new AbortController().signal,
    progress: () => {},
  };
}
