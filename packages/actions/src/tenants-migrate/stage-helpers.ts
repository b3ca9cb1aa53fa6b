import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Json, type MigrationStage, type Observation, ProblemError } from "@baton/core";
import type pg from "pg";
import { type EffectName, effect, type ReachedStage, stageOrder } from "./ledger.ts";
import { bindSql } from "./sql-text.ts";
import type { StageWork } from "./stage.ts";

/** The later of two stages. */
export const later = (found: ReachedStage, target: MigrationStage): ReachedStage =>
  stageOrder(found) >= stageOrder(target) ? found : target;

/** A file of the migration's folder with its parameters filled in, ready to run. Throws `ProblemError`. */
export async function boundFile(
  work: StageWork,
  file: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const text = await readFile(join(work.migration.folder, file), "utf8");
  return boundText(work, text, file, more);
}

/** A query of the manifest with its parameters filled in. Throws `ProblemError`. */
export function boundText(
  work: StageWork,
  text: string,
  file = "migration.yaml",
  more: Readonly<Record<string, string>> = {},
): string {
  const bound = bindSql(text, { ...work.values.parameters, ...more }, file);
  if (!bound.ok) throw new ProblemError(...bound.problems);
  return bound.value;
}

/** One row of numbers that a query of the manifest must yield. Throws `ProblemError` where a column is missing. */
export async function numbers<Column extends string>(
  work: StageWork,
  client: pg.Client,
  text: string,
  columns: readonly Column[],
): Promise<Readonly<Record<Column, number>>> {
  const { rows } = await client.query<Record<string, unknown>>(boundText(work, text));
  const entries = columns.map((column) => [column, Number(rows[0]?.[column] ?? Number.NaN)] as const);
  const bad = entries.find(([, value]) => !Number.isFinite(value));
  if (bad !== undefined)
    throw new ProblemError({
      code: "BATON-MIGRATION-QUERY",
      message: `A query of migration ${work.migration.manifest.migration} yields no number "${bad[0]}".`,
      remedy: `Let it return one row with ${columns.join(" and ")}.`,
    });
  return Object.fromEntries(entries) as Record<Column, number>;
}

/** The stage goes back to what it was; an effect of its own, since the way back is fenced as well. */
export function backTo(
  client: pg.Client,
  name: EffectName,
  stage: ReachedStage,
  undo: () => Promise<Json>,
): Promise<Json> {
  return effect(client, name, async (found) => {
    if (stageOrder(found) >= stageOrder("contract")) throw new ProblemError(contracted(name.migration));
    const output = await undo();
    return { stage: stageOrder(found) > stageOrder(stage) ? stage : found, output };
  });
}

/** By the stage in the tenant's database alone. */
export const byStage = (reached: ReachedStage, stage: MigrationStage): Observation =>
  stageOrder(reached) >= stageOrder(stage)
    ? { state: "present", detail: `The tenant is at ${reached}.` }
    : { state: "absent", detail: `The tenant is at ${reached}, before ${stage}.` };

const contracted = (migration: string) =>
  ({
    code: "BATON-MIGRATE-CONTRACTED",
    message: `Migration ${migration} is contracted for this tenant: the old shape is gone.`,
    remedy:
      "Take the contract back first (`stages.contract.undo` in migration.yaml); without one it stays as it is.",
  }) as const;
