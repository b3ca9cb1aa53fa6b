import { join } from "node:path";
import { failed, type Json, ok, ProblemError, type Result } from "@baton/core";
import type pg from "pg";
import { z } from "zod";
import { doneBefore, type EffectName, effect, everyTime, raiseEpoch, stageOrder } from "./ledger.ts";
import type { Manifest } from "./manifest.ts";
import type { StageBefore, StageWork } from "./stage.ts";
import { boundFile, numbers } from "./stage-helpers.ts";

type ContractUndo = NonNullable<NonNullable<Manifest["stages"]["contract"]>["undo"]>;

const Restored = z.object({ rows: z.int().min(0) });

/**
 * Brings the old shape back after a contract, while people write. First, in one transaction under the stage's lock, the old shape
 * is opened and the stage goes back: from its commit on every writer keeps both shapes again. Then the migration's own function
 * fills in what is there in the new shape only, batch by batch with its checkpoint. Last, nothing may be left. Each part is safe to
 * repeat, and what was cut off goes on from its checkpoint.
 */
export async function reverseContract(
  work: StageWork,
  undo: ContractUndo,
  client: pg.Client,
  name: EffectName,
  before: StageBefore,
): Promise<Result<Json>> {
  await raiseEpoch(client, name);
  const done = await doneBefore(client, name.key);
  if (done !== null) return ok(done);
  const text = await boundFile(work, undo.sql);
  await everyTime(client, name, async (found) => {
    await client.query(text);
    return stageOrder(found) > stageOrder(before.stage) ? before.stage : found;
  });
  const started = performance.now();
  const restored = await restore(work, undo, name);
  if (!restored.ok) return restored;
  const left = await leftWithoutOldShape(work, undo, client);
  if (left !== 0) return failed(leftProblem(work, left));
  const seconds = Math.round(performance.now() - started) / 1_000;
  return ok(
    await effect(client, name, async (found) => ({
      stage: found,
      output: { stage: found, rows: restored.value, seconds },
    })),
  );
}

/** How many rows are kept in the new shape only. Throws what a database throws. */
export async function leftWithoutOldShape(
  work: StageWork,
  undo: ContractUndo,
  client: pg.Client,
): Promise<number> {
  const { left } = await numbers(work, client, undo.left, ["left"]);
  return left;
}

async function restore(work: StageWork, undo: ContractUndo, name: EffectName): Promise<Result<number>> {
  const { migration, context, tenant, values } = work;
  const result = await work.workers.run(
    {
      module: join(migration.folder, undo.module),
      function: undo.function,
      connection: work.url,
      migration: name.migration,
      key: name.key,
      epoch: name.epoch,
      tenant: { id: tenant.id, database: tenant.database },
      ...values,
      options: undo.options,
    },
    {
      digest: work.digest,
      signal: context.signal,
      progress: (figures) => context.progress(figures),
    },
  );
  if (!result.ok) return result;
  const parsed = Restored.safeParse(result.value);
  if (parsed.success) return ok(parsed.data.rows);
  throw new ProblemError({
    code: "BATON-MIGRATION-FUNCTION",
    message: `${undo.function} of ${undo.module} does not return its figures.`,
    remedy: "Let it return { rows }.",
  });
}

const leftProblem = (work: StageWork, left: number) =>
  ({
    code: "BATON-MIGRATE-LEFT",
    message: `Tenant ${work.tenant.id}: after the way back from the contract ${left} rows are still kept in the new shape only.`,
    remedy:
      "See that the key service opens them and that nothing writes the new shape only; then `baton rollback` goes on.",
    details: { tenant: work.tenant.id, left },
  }) as const;
