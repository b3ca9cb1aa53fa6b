import { failed, type Json, ok, ProblemError, type Result } from "@baton/core";
import type pg from "pg";
import { drainOldTransactions, writeRights } from "./fence.ts";
import { effect, everyTime, stageOrder } from "./ledger.ts";
import type { StageHandler, StageWork } from "./stage.ts";
import { backTo, boundFile, later } from "./stage-helpers.ts";

/**
 * Takes the right to write from the old writers' role and waits until none of their transactions is open any more. From then
 * on every write keeps both shapes. Its undo gives the right back.
 */
export const fenceStage: StageHandler = {
  check: async () => [],

  perform: async (work, client, name) => {
    const { fence, role } = manifestOf(work);
    const text = await boundFile(work, fence.sql);
    const assertTight = async () => {
      const held = await writeRights(client, role, fence.tables);
      if (held.length > 0) throw new ProblemError(leaks(work.tenant.id, role, held));
    };
    // At each try: somebody may have given the right back since the last one.
    await everyTime(client, name, async (found) => {
      await client.query(text);
      await assertTight();
      return found;
    });
    const drained = await drain(work, client);
    if (!drained.ok) return drained;
    // Only now is the stage reached: a crash in between waits again.
    return ok(
      await effect(client, name, async (found) => {
        await assertTight();
        const stage = later(found, work.stage);
        return { stage, output: { stage, role, sessionsEnded: drained.value.ended } };
      }),
    );
  },

  undo: async (work, client, name, before) => {
    const text = await boundFile(work, manifestOf(work).fence.undo);
    return ok(
      await backTo(client, name, before.stage, async (): Promise<Json> => {
        await client.query(text);
        return { stage: before.stage };
      }),
    );
  },

  observe: async (work, client, reached) => {
    const { fence, role } = manifestOf(work);
    const held = await writeRights(client, role, fence.tables);
    const marked = stageOrder(reached) >= stageOrder(work.stage);
    const tight = held.length === 0;
    const detail = `Role ${role} may ${tight ? "write none of the tables" : held.join(", ")}; the tenant is at ${reached}.`;
    if (!tight && !marked) return { state: "absent", detail };
    return { state: tight && marked ? "present" : "partial", detail };
  },
};

function manifestOf(work: StageWork) {
  const { stages } = work.migration.manifest;
  if (stages.fence === undefined) throw new Error("the manifest has no fence stage");
  const role = work.values.parameters[stages.fence.role];
  if (role === undefined)
    throw new ProblemError({
      code: "BATON-MIGRATION-PARAMETER",
      message: `The fence names the role by the parameter "${stages.fence.role}", which the migration does not have.`,
      remedy: "Declare it under `parameters` in migration.yaml.",
    });
  return { fence: stages.fence, role };
}

/** The cut is the database's own time after the revoke was committed: whatever began before it may still write. */
async function drain(work: StageWork, client: pg.Client): Promise<Result<{ ended: number }>> {
  const { fence, role } = manifestOf(work);
  const { rows } = await client.query<{ now: string }>("select clock_timestamp()::text as now");
  const since = rows[0]?.now;
  if (since === undefined) throw new Error("the database tells no time");
  const { waitSeconds, tables } = fence;
  const { signal } = work.context;
  const { ended, open } = await drainOldTransactions(client, { role, tables, since, waitSeconds, signal });
  if (open.length === 0) return ok({ ended });
  return failed({
    code: "BATON-MIGRATE-FENCE-OPEN",
    message: `Tenant ${work.tenant.id}: ${open.length} transactions begun before the fence are still open (${open.map(({ pid, state, seconds }) => `${pid ?? "no process"}, ${state}, ${Math.round(seconds)} s`).join("; ")}).`,
    remedy:
      "Let them end or end them (a prepared one by COMMIT PREPARED or ROLLBACK PREPARED); then retry the step.",
    details: { tenant: work.tenant.id, open: open.length },
  });
}

const leaks = (tenant: string, role: string, held: readonly string[]) =>
  ({
    code: "BATON-MIGRATE-FENCE",
    message: `Tenant ${tenant}: after the fence role ${role} can still write (${held.join(", ")}).`,
    remedy:
      "Take these rights away in the fence's SQL: its own, its columns', PUBLIC's and those of roles it belongs to.",
    details: { tenant, role, held },
  }) as const;
