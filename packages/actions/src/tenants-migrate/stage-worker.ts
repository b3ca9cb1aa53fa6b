import { join } from "node:path";
import { failed, type Json, ok, type Problem, type Result } from "@baton/core";
import type pg from "pg";
import { z } from "zod";
import { doneBefore, type EffectName, effect, type ReachedStage, raiseEpoch, stageOrder } from "./ledger.ts";
import type { StageHandler, StageWork } from "./stage.ts";
import { byStage, later, numbers } from "./stage-helpers.ts";

/** What a worker's function returns. `verified` and `faults` are those of a verification. */
const WorkerResult = z.object({
  rows: z.int().min(0),
  total: z.int().min(0).optional(),
  encrypted: z.int().min(0).optional(),
  verified: z.int().min(0).optional(),
  /** Of the subjects as the new shape gives them back; comparable with the manifest's `digest`. */
  data: z.strictObject({ rows: z.int().min(0), digest: z.string() }).optional(),
  faults: z.array(z.record(z.string(), z.json())).default([]),
});
type WorkerResult = z.infer<typeof WorkerResult>;

/**
 * Backfill, sweep and verify: the folder's code in processes of their own, and never one that did another stage. What counts is not what the worker says but what the
 * manifest's `count` finds afterwards: a sweep leaves nothing stale, a verification has opened everything there is.
 * There is nothing to take back: a copy that nobody reads goes with the undo of expand.
 */
export const workerStage: StageHandler = {
  check: async () => [],

  perform: async (work, client, name) => {
    await raiseEpoch(client, name);
    const done = await doneBefore(client, name.key);
    if (done !== null) return ok(done);
    const started = performance.now();
    const result = await runStage(work, name);
    if (!result.ok) return result;
    const seconds = Math.round(performance.now() - started) / 1_000;
    return finish(work, client, name, result.value, seconds);
  },

  undo: async (_work, client, name) => {
    await raiseEpoch(client, name);
    return ok({ inert: true });
  },

  observe: async (work, client, reached) => {
    const byMark = byStage(reached, work.stage);
    if (byMark.state === "absent") {
      const begun = await hasUnfinishedWork(client);
      return begun ? { state: "partial", detail: `${byMark.detail} A worker has begun.` } : byMark;
    }
    const { total, encrypted } = await count(work, client);
    const detail = `${byMark.detail} ${encrypted} of ${total} ${work.migration.manifest.subject} are current.`;
    // Before the fence old writers make rows stale all the time, so a finished backfill says nothing about the count.
    const whole = work.stage === "backfill" || total === encrypted;
    return { state: whole ? "present" : "partial", detail };
  },
};

/** Whether a worker left a checkpoint and no effect of its key was ever finished: it was cut off in the middle. */
async function hasUnfinishedWork(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query("select to_regclass('baton.checkpoint') is not null as there");
  if (rows[0]?.there !== true) return false;
  const { rowCount } = await client.query(
    "select from baton.checkpoint c where not exists (select from baton.ledger l where l.key = c.key) limit 1",
  );
  return rowCount === 1;
}

const count = (work: StageWork, client: pg.Client) =>
  numbers(work, client, work.migration.manifest.count, ["total", "encrypted"]);

async function runStage(work: StageWork, name: EffectName): Promise<Result<WorkerResult>> {
  const { migration, context, tenant, values } = work;
  const stage =
    work.stage === "backfill" || work.stage === "sweep" || work.stage === "verify" ? work.stage : null;
  const spec = stage === null ? undefined : migration.manifest.stages[stage];
  if (spec === undefined) throw new Error("the manifest has no such stage");
  const result = await work.workers.run(
    {
      module: join(migration.folder, spec.module),
      function: spec.function,
      connection: work.url,
      migration: name.migration,
      key: name.key,
      epoch: name.epoch,
      tenant: { id: tenant.id, database: tenant.database },
      ...values,
      options: spec.options,
    },
    {
      digest: work.digest,
      signal: context.signal,
      progress: (figures) => context.progress(figures),
    },
  );
  if (!result.ok) return result;
  const parsed = WorkerResult.safeParse(result.value);
  if (parsed.success) return ok(parsed.data);
  return failed({
    code: "BATON-MIGRATION-FUNCTION",
    message: `${spec.function} of ${spec.module} does not return its figures.`,
    remedy: "Let it return { rows } and, for verify, { total, encrypted, verified, faults }.",
  });
}

async function finish(
  work: StageWork,
  client: pg.Client,
  name: EffectName,
  result: WorkerResult,
  seconds: number,
): Promise<Result<Json>> {
  // Counted ahead of the effect: writers wait while a stage is set, and a large table is not counted in no time. What the
  // fence holds back cannot go stale between the two.
  const counted = await count(work, client);
  const verified = result.verified ?? 0;
  const problem = shortfall(work, counted, verified, result);
  if (problem !== null) return failed(problem);
  const { subject } = work.migration.manifest;
  // People go on writing: figures that stand beside each other are of one snapshot, the verification's own where there is one.
  const { total, encrypted } = {
    ...counted,
    ...(result.total !== undefined && result.encrypted !== undefined
      ? { total: result.total, encrypted: result.encrypted }
      : {}),
  };
  const output = await effect(client, name, async (found: ReachedStage) => ({
    stage: later(found, work.stage),
    output: {
      ...{ subject, total, encrypted, verified, rows: result.rows, seconds },
      ...(result.data === undefined ? {} : { data: result.data }),
    },
  }));
  return ok(output);
}

/** What keeps the stage from being reached; null when nothing does. */
function shortfall(
  work: StageWork,
  counted: { readonly total: number; readonly encrypted: number },
  verified: number,
  result: WorkerResult,
): Problem | null {
  const { subject } = work.migration.manifest;
  const at = { tenant: work.tenant.id, ...counted };
  if (stageOrder(work.stage) < stageOrder("sweep")) return null;
  if (work.stage === "verify" && (result.faults.length > 0 || verified < (result.total ?? counted.total)))
    return {
      code: "BATON-MIGRATE-VERIFY",
      message: `Tenant ${work.tenant.id}: ${verified} of ${result.total ?? counted.total} ${subject} verified, ${result.faults.length} faults found.`,
      remedy:
        "Look at the faults; roll back, or mend the rows and retry. Nothing reads the new shape before the switch.",
      details: { ...at, verified, faults: result.faults.slice(0, 20) },
    };
  if (counted.encrypted === counted.total) return null;
  return {
    code: "BATON-MIGRATE-STALE",
    message: `Tenant ${work.tenant.id}: after ${work.stage} only ${counted.encrypted} of ${counted.total} ${subject} are current.`,
    remedy: "Something still writes the old shape only: see that the fence holds, then retry the step.",
    details: at,
  };
}
