import { join } from "node:path";
import {
  type ActionContext,
  failed,
  fillTenant,
  type Json,
  type KeyInfo,
  type KeysRotateInput,
  type Observation,
  ok,
  type Performer,
  type Problem,
  ProblemError,
  type Result,
  type Tenant,
} from "@baton/core";
import { connectionSecrets } from "@baton/core/redact/connection-secrets";
import type pg from "pg";
import { createMigrations } from "../tenants-migrate/migrations.ts";
import { retryBusy } from "../tenants-migrate/retry.ts";
import { aborted, POLITE, problemsOf, withTenantDatabase } from "../tenants-migrate/tenant-database.ts";
import { resolveValues } from "../tenants-migrate/values.ts";
import { rewrapVerified } from "./rewrap.ts";
import { type WrappedKeys, wrappedKeys } from "./wrapped-keys.ts";

/** Where the plan's migration paths begin. */
export interface KeysRotateOptions {
  readonly platformDir: string;
}

/** How far the key had come before; the version after it is the one this step brings. */
interface RotateBefore {
  readonly [key: string]: Json;
  readonly latest: number;
  readonly oldest: number;
}

const BATCH = 50;
/** Times that data keys wrapped in the meantime are sought before it is given up. */
const MAX_PASSES = 20;

/** One tenant's key and the data keys under it. */
interface Work {
  readonly key: string;
  readonly tenant: Tenant;
  readonly client: pg.Client;
  readonly stored: WrappedKeys;
  readonly context: ActionContext;
}

/**
 * New version, then every data key wrapped anew and verified before it takes the old one's place, then none below it left, counted
 * under a lock behind which older ones are refused, then only the new version opens. Each part is safe to repeat; a rotation whose
 * answer was lost adds a version that nothing needs and nothing minds. Undo lets older versions open again.
 */
export function keysRotate(options: KeysRotateOptions): Performer<KeysRotateInput, RotateBefore, Json> {
  const migrations = createMigrations();
  const on = <T>(input: KeysRotateInput, context: ActionContext, task: (work: Work) => Promise<Result<T>>) =>
    onTenant({ ...options, migrations }, input, context, task);
  return {
    kind: "keys.rotate",

    check: async (input, context) => {
      const checked = await on(input, context, async (work) => {
        const info = await keyOf(work);
        if (!info.ok) return info;
        await work.stored.countBelow(1);
        return ok(null);
      });
      return checked.ok ? [] : checked.problems;
    },

    before: (input, context) =>
      on(input, context, async (work) => {
        const info = await keyOf(work);
        return info.ok
          ? ok({ latest: info.value.latestVersion, oldest: info.value.minDecryptionVersion })
          : info;
      }),

    perform: (input, before, _key, context) =>
      on(input, context, async (work) => {
        const version = before.latest + 1;
        const rotated = await rotateTo(work, version);
        if (!rotated.ok) return rotated;
        const rewrapped = await rewrapAll(work, version);
        if (!rewrapped.ok) return rewrapped;
        const raised = await work.context.ports.keys.setMinDecryptionVersion(work.key, version);
        return raised.ok ? ok({ key: work.key, version, rewrapped: rewrapped.value, below: 0 }) : raised;
      }),

    undo: (input, before, _output, _key, context) =>
      on(input, context, async (work) => {
        const info = await keyOf(work);
        if (!info.ok) return info;
        if (info.value.minDecryptionVersion > before.oldest) {
          const lowered = await context.ports.keys.setMinDecryptionVersion(work.key, before.oldest);
          if (!lowered.ok) return lowered;
        }
        await inTransaction(work, () => work.stored.allow(before.latest + 1));
        return ok({ key: work.key, oldest: before.oldest, kept: info.value.latestVersion });
      }),

    observe: async (input, before, context) => {
      const seen = await on<Observation>(input, context, async (work) => {
        const info = await keyOf(work);
        if (!info.ok) return info;
        const version = before.latest + 1;
        const below = await work.stored.countBelow(version);
        const { latestVersion, minDecryptionVersion } = info.value;
        const detail = `Key ${work.key} is at version ${latestVersion}, opens from ${minDecryptionVersion} on; ${below} data keys are below ${version}.`;
        // A version that was added and data keys wrapped anew are no harm and stay; what counts is what opens.
        if (minDecryptionVersion <= before.oldest) return ok({ state: "absent", detail });
        const whole = minDecryptionVersion >= version && below === 0;
        return ok({ state: whole ? "present" : "partial", detail });
      });
      return seen.ok
        ? seen.value
        : { state: "unknown", detail: seen.problems.map((one) => one.message).join(" ") };
    },
  };
}

/** Asked first, so that a repeat after a crash does not rotate again. */
async function rotateTo({ key, context }: Work, version: number): Promise<Result<KeyInfo>> {
  const { keys } = context.ports;
  const found = await keys.describe(key);
  if (!found.ok) return found;
  if (found.value !== null && found.value.latestVersion >= version) return ok(found.value);
  return keys.rotate(key);
}

async function rewrapAll(work: Work, version: number): Promise<Result<number>> {
  let rewrapped = 0;
  for (let passes = 0; passes < MAX_PASSES; passes += 1) {
    for (;;) {
      work.context.signal.throwIfAborted();
      const batch = await work.stored.below(version, BATCH);
      const before = rewrapped;
      for (const old of batch) {
        const fresh = await rewrapVerified(work.context.ports.keys, work.key, old, version);
        if (!fresh.ok) return fresh;
        if (await work.stored.replace(old, fresh.value)) rewrapped += 1;
      }
      if (rewrapped === before) break; // none are left, or somebody else is at them
      work.context.progress({ rewrapped });
    }
    if (await closeBelow(work, version)) return ok(rewrapped);
  }
  return failed(belowProblem(work, version));
}

/** Under a lock against new data keys: counts once more, and from its commit on refuses those below. False where some are left. */
function closeBelow(work: Work, version: number): Promise<boolean> {
  return inTransaction(work, async () => {
    await work.stored.lock();
    if ((await work.stored.countBelow(version)) !== 0) return false;
    await work.stored.refuse(version);
    return true;
  });
}

const inTransaction = <T>({ client, context }: Work, work: () => Promise<T>): Promise<T> =>
  retryBusy(client, context.signal, async () => {
    await client.query("begin");
    const value = await work();
    await client.query("commit");
    return value;
  });

async function keyOf({ key, context }: Work): Promise<Result<KeyInfo>> {
  const found = await context.ports.keys.describe(key);
  if (!found.ok) return found;
  return found.value === null ? failed(noKey(key)) : ok(found.value);
}

/** What is approved is what is done: the folder is compared with the plan each time, as a migration's is. */
async function onTenant<T>(
  options: KeysRotateOptions & { readonly migrations: ReturnType<typeof createMigrations> },
  input: KeysRotateInput,
  context: ActionContext,
  task: (work: Work) => Promise<Result<T>>,
): Promise<Result<T>> {
  const { tenant, plan, ports, signal } = context;
  if (tenant === null) return failed(noTenant());
  const planned = plan.migrations[input.wrapped];
  if (planned === undefined) return failed(noFolder(input));
  if (signal.aborted) return failed(aborted(tenant.id));
  const migration = await options.migrations(join(options.platformDir, planned.path), planned.digest);
  if (!migration.ok) return migration;
  if (migration.value === null) return failed(changed(input, planned.path));
  const declared = migration.value.manifest.wrappedKeys;
  if (declared === undefined) return failed(noFolder(input));
  const url = await ports.tenants.connection(tenant.id);
  if (!url.ok) return url;
  const values = await resolveValues(migration.value, tenant, context);
  if (!values.ok) return values;
  try {
    return await withTenantDatabase(url.value, POLITE, (client) => {
      const stored = wrappedKeys(client, declared, values.value.parameters);
      return task({ key: fillTenant(input.key, tenant.id), tenant, client, stored, context });
    });
  } catch (error) {
    if (error instanceof ProblemError) return failed(...error.problems);
    return failed(...problemsOf(error, tenant.id, connectionSecrets(url.value)));
  }
}

const noTenant = (): Problem => ({
  code: "BATON-MIGRATE-UNIT",
  message: "keys.rotate was asked for without a tenant.",
  remedy: "Give the step `each: tenants`.",
});

const noKey = (key: string): Problem => ({
  code: "BATON-KEYS-MISSING",
  message: `There is no key "${key}".`,
  remedy: "Create it with a step of kind keys.create.",
});

const noFolder = (input: KeysRotateInput): Problem => ({
  code: "BATON-MIGRATION-FOLDER",
  message: `Migration ${input.wrapped} says nothing of wrapped keys, or the plan names no folder for it.`,
  remedy: "Describe `wrappedKeys` in its migration.yaml, name it under `migrations`, and plan again.",
});

const changed = (input: KeysRotateInput, path: string): Problem => ({
  code: "BATON-MIGRATION-CHANGED",
  message: `The files of migration ${input.wrapped} in ${path} are not those of the approved plan.`,
  remedy:
    "Restore the files as they were, then retry. A change to them needs a plan and an approval of its own.",
  details: { migration: input.wrapped, path },
});

const belowProblem = ({ tenant, key }: Work, version: number): Problem => ({
  code: "BATON-KEYS-BELOW",
  message: `Tenant ${tenant.id}: data keys below version ${version} of ${key} keep coming.`,
  remedy: "Something wraps under an older version still: see who writes data keys, then retry the step.",
  details: { tenant: tenant.id, key, version },
});
