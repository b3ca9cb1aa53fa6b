import type { Json, MigrationStage } from "@baton/core";
import { ProblemError } from "@baton/core";
import type pg from "pg";
import type { StageWork } from "./stage.ts";
import { boundText } from "./stage-helpers.ts";

/** The subject's rows of one tenant at one moment: how many, and one digest over all of them. */
export interface SubjectDigest {
  readonly [field: string]: Json;
  readonly rows: number;
  readonly digest: string;
}

/**
 * What the manifest's `digest` finds in the tenant's database now, for what was there before a stage and after it; null where
 * the manifest wants none at this stage. Throws `ProblemError` where the query does not yield `rows` and `digest`.
 */
export async function subjectDigest(
  work: StageWork,
  client: pg.Client,
  stage: MigrationStage,
): Promise<SubjectDigest | null> {
  const wanted = work.migration.manifest.digest;
  if (wanted === undefined || !wanted.stages.includes(stage)) return null;
  const { rows } = await client.query<Record<string, unknown>>(boundText(work, wanted.query));
  const found = Number(rows[0]?.rows ?? Number.NaN);
  const digest = rows[0]?.digest;
  if (Number.isSafeInteger(found) && typeof digest === "string") return { rows: found, digest };
  throw new ProblemError({
    code: "BATON-MIGRATION-QUERY",
    message: `The \`digest\` of migration ${work.migration.manifest.migration} yields no "rows" and "digest".`,
    remedy: "Let it return one row with a whole number `rows` and a text `digest`.",
  });
}

/** An output with the digest of what is there after the stage; a worker that has given one of its own is believed. */
export const withDigest = (output: Json, data: SubjectDigest | null): Json =>
  data === null || !isRecord(output) || "data" in output ? output : { ...output, data };

const isRecord = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
