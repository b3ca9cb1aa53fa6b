import { join } from "node:path";
import {
  type ActionContext,
  failed,
  type Json,
  MIGRATION_STAGES,
  type MigrationStage,
  ok,
  type Performer,
  type Problem,
  type Result,
  type TenantsMigrateInput,
} from "@baton/core";
import { connectionSecrets } from "@baton/core/redact/connection-secrets";
import type pg from "pg";
import {
  type EffectName,
  ensureLedger,
  type ReachedStage,
  raiseEpoch,
  readStage,
  stageOrder,
} from "./ledger.ts";
import type { Manifest } from "./manifest.ts";
import { createMigrations } from "./migrations.ts";
import { createRestingConnections, type RestingConnections } from "./resting.ts";
import type { StageBefore, StageHandler, StageWork } from "./stage.ts";
import { contractStage } from "./stage-contract.ts";
import { expandStage } from "./stage-expand.ts";
import { fenceStage } from "./stage-fence.ts";
import { markStage } from "./stage-mark.ts";
import { workerStage } from "./stage-worker.ts";
import { subjectDigest, withDigest } from "./subject-digest.ts";
import { aborted, POLITE, problemsOf, withTenantDatabase } from "./tenant-database.ts";
import { resolveValues } from "./values.ts";
import { createWorkers, type Workers, type WorkersOptions } from "./workers.ts";

export interface TenantsMigrateOptions extends WorkersOptions {
  /** Folder that the plan's migration paths are relative to. */
  readonly platformDir: string;
}

const HANDLERS: Readonly<Record<MigrationStage, StageHandler>> = {
  expand: expandStage,
  "dual-write": markStage,
  backfill: workerStage,
  fence: fenceStage,
  sweep: workerStage,
  verify: workerStage,
  switch: markStage,
  contract: contractStage,
};

/**
 * Brings a tenant's database to one stage of a migration, which is a folder of data, SQL and TypeScript. Every effect is one
 * transaction with its ledger row in schema `baton`, and an older epoch is refused. A connection is opened for one effect.
 */
export function tenantsMigrate(
  options: TenantsMigrateOptions,
): Performer<TenantsMigrateInput, StageBeforeJson, Json> {
  const migrations = createMigrations();
  const workers = createWorkers(options);
  const resting = createRestingConnections();
  const on = <T>(input: TenantsMigrateInput, context: ActionContext, task: Task<T>) =>
    onTenant({ platformDir: options.platformDir, migrations, workers, resting }, input, context, task);
  return {
    kind: "tenants.migrate",

    check: async (input, context) => {
      const checked = await on(input, context, async (work, handler, client) => {
        const { stage } = await readStage(client, input.migration);
        const early = tooEarly(work.migration.manifest, input, stage, work.tenant.id);
        if (early !== null) return failed(early);
        const problems = await handler.check(work, client);
        return problems.length > 0 ? failed(...problems) : ok(null);
      });
      return checked.ok ? [] : checked.problems;
    },

    before: (input, context) =>
      on(input, context, async (work, _handler, client) => {
        const { stage } = await readStage(client, input.migration);
        const data = await subjectDigest(work, client, input.stage);
        return ok({ stage, ...(data === null ? {} : { data }) });
      }),

    perform: (input, _before, key, context) =>
      on(input, context, async (work, handler, client) => {
        await ensureLedger(client, context.signal);
        const { stage } = await readStage(client, input.migration);
        const early = tooEarly(work.migration.manifest, input, stage, work.tenant.id);
        if (early !== null) return failed(early);
        const done = await handler.perform(work, client, effectName(input, key, context));
        return done.ok ? ok(withDigest(done.value, await subjectDigest(work, client, input.stage))) : done;
      }),

    undo: (input, before, _output, key, context) =>
      on(input, context, async (work, handler, client) => {
        // Also where there is nothing to take back: an older conductor may stand still in the middle of its perform.
        await ensureLedger(client, context.signal);
        const name = effectName(input, key, context);
        if (stageOrder(before.stage) < stageOrder(input.stage))
          return handler.undo(work, client, name, before);
        // It was there before this run, so it is not this run's to take away.
        await raiseEpoch(client, name);
        return ok({ kept: true });
      }),

    observe: async (input, _before, context) => {
      const seen = await on(input, context, async (work, handler, client) => {
        const { stage } = await readStage(client, input.migration);
        return ok(await handler.observe(work, client, stage));
      });
      return seen.ok
        ? seen.value
        : { state: "unknown", detail: seen.problems.map((p) => p.message).join(" ") };
    },
  };
}

/** `StageBefore`, in a form that can be journaled. */
interface StageBeforeJson extends StageBefore {
  readonly [key: string]: Json;
  readonly stage: ReachedStage;
}

type Task<T> = (work: StageWork, handler: StageHandler, client: pg.Client) => Promise<Result<T>>;

/** What is approved is what is done: the folder is compared with the plan each time, before anything of it is used. */
async function onTenant<T>(
  options: {
    readonly platformDir: string;
    readonly migrations: ReturnType<typeof createMigrations>;
    readonly workers: Workers;
    readonly resting: RestingConnections;
  },
  input: TenantsMigrateInput,
  context: ActionContext,
  task: Task<T>,
): Promise<Result<T>> {
  const { tenant, plan, ports, signal } = context;
  if (tenant === null) return failed(noTenant(input));
  const planned = plan.migrations[input.migration];
  if (planned === undefined) return failed(noMigration(input));
  if (signal.aborted) return failed(aborted(tenant.id));
  const folder = join(options.platformDir, planned.path);
  const migration = await options.migrations(folder, planned.digest);
  if (!migration.ok) return migration;
  if (migration.value === null) return failed(changed(input, planned.path));
  if (migration.value.manifest.stages[input.stage] === undefined) return failed(noStage(input));
  const url = await ports.tenants.connection(tenant.id);
  if (!url.ok) return url;
  const values = await resolveValues(migration.value, tenant, context);
  if (!values.ok) return values;
  const work: StageWork = {
    migration: migration.value,
    stage: input.stage,
    tenant,
    url: url.value,
    values: values.value,
    context,
    workers: options.workers,
    digest: planned.digest,
  };
  try {
    const stage = HANDLERS[input.stage];
    return await withTenantDatabase(
      url.value,
      POLITE,
      (client) => task(work, stage, client),
      options.resting,
    );
  } catch (error) {
    const secrets = [...Object.values(values.value.secrets), ...connectionSecrets(url.value)];
    return failed(...problemsOf(error, tenant.id, secrets));
  }
}

const effectName = (input: TenantsMigrateInput, key: string, context: ActionContext): EffectName => ({
  migration: input.migration,
  key,
  stage: input.stage,
  epoch: context.epoch,
  signal: context.signal,
});

/** A stage follows the one before it that the manifest has. */
function tooEarly(
  manifest: Manifest,
  input: TenantsMigrateInput,
  reached: ReachedStage,
  tenant: string,
): Problem | null {
  const at = MIGRATION_STAGES.indexOf(input.stage);
  const needed = MIGRATION_STAGES.slice(0, at).findLast((stage) => manifest.stages[stage] !== undefined);
  if (needed === undefined || stageOrder(reached) >= stageOrder(needed)) return null;
  return {
    code: "BATON-MIGRATE-STAGE",
    message: `Tenant ${tenant} is at ${reached}; ${input.stage} of ${input.migration} needs ${needed} first.`,
    remedy: `Run ${needed} for this tenant, then retry the step.`,
    details: { tenant, reached, needed },
  };
}

const noTenant = (input: TenantsMigrateInput): Problem => ({
  code: "BATON-MIGRATE-UNIT",
  message: `tenants.migrate of ${input.migration} was asked for without a tenant.`,
  remedy: "Give the step `each: tenants`.",
});

const noMigration = (input: TenantsMigrateInput): Problem => ({
  code: "BATON-MIGRATION-FOLDER",
  message: `The plan names no folder for migration ${input.migration}.`,
  remedy: "Name it under `migrations` in the release and plan again.",
});

const changed = (input: TenantsMigrateInput, path: string): Problem => ({
  code: "BATON-MIGRATION-CHANGED",
  message: `The files of migration ${input.migration} in ${path} are not those of the approved plan.`,
  remedy:
    "Restore the files as they were, then retry or roll back. A change to them needs a plan and an approval of its own.",
  details: { migration: input.migration, path },
});

const noStage = (input: TenantsMigrateInput): Problem => ({
  code: "BATON-MIGRATION-STAGE",
  message: `Migration ${input.migration} has no stage ${input.stage}.`,
  remedy: "Describe the stage in migration.yaml, or take the step out of the release.",
});
