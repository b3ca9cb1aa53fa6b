import { randomBytes } from "node:crypto";
import {
  type ActionContext,
  type Backup,
  backupFileName,
  failed,
  type Json,
  ok,
  type Performer,
  type Problem,
  type Result,
  type Tenant,
  type TenantsBackupInput,
} from "@baton/core";

/** The file that is to be made; chosen ahead, so that a repeat finds it. */
interface BackupBefore {
  readonly [key: string]: Json;
  readonly file: string;
}

/**
 * Backs a tenant's database up while it is used, and proves the backup by a restore. Convergent: a file that is there stays, and
 * one that is proven is not proven again. It stays on the way back: what was backed up harms nobody and may be needed.
 */
export function tenantsBackup(): Performer<TenantsBackupInput, BackupBefore, Json> {
  return {
    kind: "tenants.backup",
    check: async (_input, context) => {
      const tenant = tenantOf(context);
      if (!tenant.ok) return tenant.problems;
      const found = await context.ports.backups.list(tenant.value.id);
      return found.ok ? [] : found.problems;
    },
    before: async (input) =>
      ok({ file: backupFileName(input.name, new Date().toISOString(), randomBytes(4).toString("hex")) }),
    async perform(input, before, _key, context) {
      const tenant = tenantOf(context);
      if (!tenant.ok) return tenant;
      const { backups } = context.ports;
      const { plan, run, step, signal } = context;
      const about = { release: plan.release, from: plan.from, run, step };
      const request = { tenant: tenant.value.id, name: input.name, file: before.file, key: input.key, about };
      const begun = performance.now();
      const made = await backups.make(request, signal);
      if (!made.ok) return made;
      const seconds = (performance.now() - begun) / 1000;
      if (!input.prove || made.value.proof !== null) return ok(outputOf(made.value, seconds));
      const proven = await backups.prove(tenant.value.id, before.file, signal);
      return proven.ok ? ok(outputOf(proven.value, seconds)) : proven;
    },
    undo: async (_input, before) => ok({ kept: before.file }),
    async observe(input, before, context) {
      const tenant = tenantOf(context);
      const found = tenant.ok ? await context.ports.backups.find(tenant.value.id, before.file) : tenant;
      if (!found.ok) return { state: "unknown", detail: found.problems.map((one) => one.message).join(" ") };
      if (found.value === null) return { state: "absent", detail: `There is no ${before.file}.` };
      return input.prove && found.value.proof === null
        ? { state: "partial", detail: `${before.file} is there and was not proven by a restore.` }
        : { state: "present", detail: `${before.file} is there.` };
    },
  };
}

/** What the journal keeps of a backup. `seconds`: how long it took to make; `restoreSeconds`: to bring back and compare. */
const outputOf = ({ name, file, bytes, takenAt, proof }: Backup, seconds: number): Json => ({
  name,
  file,
  bytes,
  seconds: Math.round(seconds * 1000) / 1000,
  takenAt,
  provenAt: proof?.provenAt ?? null,
  restoreSeconds: proof === null ? null : Math.round(proof.seconds * 1000) / 1000,
  digest: proof?.digest ?? null,
  tables: proof?.tables ?? null,
  rows: proof?.rows ?? null,
});

const noTenant: Problem = {
  code: "BATON-ACTION-TENANT",
  message: "tenants.backup was asked for without a tenant.",
  remedy: "Give the step `each: tenants`.",
};

const tenantOf = (context: ActionContext): Result<Tenant> =>
  context.tenant === null ? failed(noTenant) : ok(context.tenant);
