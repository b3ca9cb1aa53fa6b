import { randomBytes } from "node:crypto";
import {
  type ActionContext,
  type Backup,
  failed,
  type Json,
  ok,
  type Performer,
  type Problem,
  type Restoration,
  type Result,
  type TenantsRestoreInput,
  wouldLose,
} from "@baton/core";

/** Which file is brought back, and what tells this restoration from others; chosen ahead, so that a repeat goes on with it. */
interface RestoreBefore {
  readonly [key: string]: Json;
  readonly file: string;
  readonly takenAt: number;
  readonly id: string;
}

/**
 * Puts a database restored from the newest backup of a name in the place of a tenant's. Fenced: the two databases change their
 * names in one transaction under the epoch. What was there is set aside, closed to everybody, which is what undo brings back.
 */
export function tenantsRestore(): Performer<TenantsRestoreInput, RestoreBefore, Json> {
  return {
    kind: "tenants.restore",
    async check(input, context) {
      const found = await newest(input, context);
      if (!found.ok) return found.problems;
      if (input.maintenance) return [];
      const { tenant, file } = found.value;
      const losses = await context.ports.backups.losses(tenant, file, context.signal);
      if (!losses.ok) return losses.problems;
      return losses.value.length === 0 ? [] : [wouldLose(tenant, losses.value)];
    },
    async before(input, context) {
      const found = await newest(input, context);
      if (!found.ok) return found;
      const { file, takenAt } = found.value;
      return ok({ file, takenAt, id: randomBytes(5).toString("hex") });
    },
    async perform(input, before, _key, context) {
      const restoration = restorationOf(before, context);
      if (!restoration.ok) return restoration;
      const done = await context.ports.backups.restore(restoration.value, input.maintenance, context.signal);
      if (!done.ok) return done;
      const { setAside, tables, rows, seconds, lost } = done.value;
      return ok({
        file: before.file,
        takenAt: before.takenAt,
        setAside,
        tables,
        rows,
        seconds: Math.round(seconds * 1000) / 1000,
        lost: [...lost],
      });
    },
    async undo(_input, before, _output, _key, context) {
      const restoration = restorationOf(before, context);
      if (!restoration.ok) return restoration;
      const back = await context.ports.backups.takeBack(restoration.value, context.signal);
      return back.ok ? ok({ kept: back.value.kept }) : back;
    },
    async observe(_input, before, context) {
      const restoration = restorationOf(before, context);
      const seen = restoration.ok ? await context.ports.backups.observe(restoration.value) : restoration;
      return seen.ok
        ? seen.value
        : { state: "unknown", detail: seen.problems.map((one) => one.message).join(" ") };
    },
  };
}

function restorationOf({ file, id }: RestoreBefore, { tenant, epoch }: ActionContext): Result<Restoration> {
  return tenant === null ? failed(noTenant) : ok({ tenant: tenant.id, file, id, epoch });
}

async function newest(input: TenantsRestoreInput, { tenant, ports }: ActionContext): Promise<Result<Backup>> {
  if (tenant === null) return failed(noTenant);
  const all = await ports.backups.list(tenant.id);
  if (!all.ok) return all;
  const found = all.value.find((one) => one.name === input.backup);
  return found === undefined ? failed(noBackup(tenant.id, input.backup, all.value)) : ok(found);
}

const noTenant: Problem = {
  code: "BATON-ACTION-TENANT",
  message: "tenants.restore was asked for without a tenant.",
  remedy: "Give the step `each: tenants`.",
};

function noBackup(tenant: string, name: string, all: readonly Backup[]): Problem {
  const names = [...new Set(all.map((one) => one.name))];
  return {
    code: "BATON-RESTORE-BACKUP",
    message: `Tenant ${tenant} has no backup called ${name}.`,
    remedy:
      names.length === 0
        ? "It has none at all; without a backup nothing can be brought back."
        : `Name one it has: ${names.join(", ")}.`,
    details: { tenant, names },
  };
}
