import type { ActionContext, Json, MigrationStage, Observation, Problem, Result, Tenant } from "@baton/core";
import type pg from "pg";
import type { EffectName, ReachedStage } from "./ledger.ts";
import type { Migration } from "./manifest.ts";
import type { Workers } from "./workers.ts";

/** Everything one stage of one tenant is worked on with. Holds secrets: it is never journaled or logged. */
export interface StageWork {
  readonly migration: Migration;
  readonly stage: MigrationStage;
  readonly tenant: Tenant;
  readonly url: string;
  readonly values: ResolvedValues;
  readonly context: ActionContext;
  readonly workers: Workers;
  /** Of the migration's files, as planned and as they are. */
  readonly digest: string;
}

/** The manifest's values for one tenant, with their templates filled in. */
export interface ResolvedValues {
  readonly parameters: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
}

/** What was there before the stage: enough to bring it back. */
export interface StageBefore {
  readonly stage: ReachedStage;
}

/** One kind of stage. All may throw what a database throws; the performer turns it into problems. */
export interface StageHandler {
  /** Beyond what holds for every stage: would it work now? */
  check(work: StageWork, client: pg.Client): Promise<readonly Problem[]>;
  perform(work: StageWork, client: pg.Client, name: EffectName): Promise<Result<Json>>;
  undo(work: StageWork, client: pg.Client, name: EffectName, before: StageBefore): Promise<Result<Json>>;
  observe(work: StageWork, client: pg.Client, reached: ReachedStage): Promise<Observation>;
}
