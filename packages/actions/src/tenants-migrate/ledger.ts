import { type Json, MIGRATION_STAGES, type MigrationStage, ProblemError } from "@baton/core";
import type pg from "pg";
import { staleEpoch } from "./epoch.ts";
import { retryBusy } from "./retry.ts";

/** A stage as a tenant's database has it; `none` before the first. */
export type ReachedStage = "none" | MigrationStage;

const ORDER: readonly string[] = ["none", ...MIGRATION_STAGES];

/** Position in the order of stages; an unknown name is before all of them. */
export const stageOrder = (stage: string): number => ORDER.indexOf(stage);

/** `docs/guides/migrations.md` describes these tables; services read `migration_stage`. */
const SCHEMA = `
create schema if not exists baton;
create table if not exists baton.migration_stage (
  migration text primary key,
  stage text not null,
  epoch bigint not null,
  changed_at timestamptz not null default now()
);
create table if not exists baton.ledger (
  key text primary key,
  stage text not null,
  epoch bigint not null,
  output jsonb not null,
  at timestamptz not null default clock_timestamp()
);
create table if not exists baton.checkpoint (
  key text primary key,
  position jsonb not null,
  epoch bigint not null,
  at timestamptz not null default clock_timestamp()
);
grant usage on schema baton to public;
grant select on baton.migration_stage to public;
`;

/** Makes Baton's own tables in a tenant's database, once. */
export async function ensureLedger(client: pg.Client, signal: AbortSignal): Promise<void> {
  await retryBusy(client, signal, async () => {
    const { rows } = await client.query("select to_regclass('baton.checkpoint') is not null as there");
    if (rows[0]?.there === true) return;
    await client.query(
      `begin; select pg_advisory_xact_lock(hashtextextended('baton.schema', 0)); ${SCHEMA} commit;`,
    );
  });
}

/** What an effect returned, where its ledger row says that it is done; null otherwise. */
export async function doneBefore(client: pg.Client, key: string): Promise<Json> {
  const { rows } = await client.query<{ output: Json }>("select output from baton.ledger where key = $1", [
    key,
  ]);
  return rows[0]?.output ?? null;
}

/** The stage this tenant has reached and the newest epoch that worked on it. */
export async function readStage(
  client: pg.Client,
  migration: string,
): Promise<{ readonly stage: ReachedStage; readonly epoch: number }> {
  const there = await client.query("select to_regclass('baton.migration_stage') is not null as there");
  if (there.rows[0]?.there !== true) return { stage: "none", epoch: 0 };
  const { rows } = await client.query<{ stage: string; epoch: string }>(
    "select stage, epoch::text from baton.migration_stage where migration = $1",
    [migration],
  );
  const row = rows[0];
  const stage = [...MIGRATION_STAGES].find((name) => name === row?.stage) ?? "none";
  return { stage, epoch: Number(row?.epoch ?? 0) };
}

/** What an effect is done under: whose it is, which one, and with which right. */
export interface EffectName {
  readonly migration: string;
  readonly key: string;
  readonly stage: MigrationStage;
  readonly epoch: number;
  readonly signal: AbortSignal;
}

/**
 * One effect, one transaction: the epoch is compared and raised, the ledger row written and `work` done, or nothing. An effect
 * whose ledger row is there is not done again; its output is returned. `work` gets the stage found and says which is reached then.
 */
export function effect<T extends Json>(
  client: pg.Client,
  name: EffectName,
  work: (found: ReachedStage) => Promise<{ readonly stage: ReachedStage; readonly output: T }>,
): Promise<Json> {
  return retryBusy(client, name.signal, () => once(client, name, work));
}

async function once<T extends Json>(
  client: pg.Client,
  name: EffectName,
  work: (found: ReachedStage) => Promise<{ readonly stage: ReachedStage; readonly output: T }>,
): Promise<Json> {
  const { migration, key, epoch, signal } = name;
  const found = await beginFenced(client, name);
  const first = await doneBefore(client, key);
  if (first !== null) {
    await client.query("commit");
    return first;
  }
  signal.throwIfAborted();
  const { stage, output } = await work(found);
  await client.query("insert into baton.ledger (key, stage, epoch, output) values ($1, $2, $3, $4::jsonb)", [
    key,
    name.stage,
    epoch,
    JSON.stringify(output),
  ]);
  await client.query(
    "update baton.migration_stage set stage = $2, epoch = $3, changed_at = clock_timestamp() where migration = $1",
    [migration, stage, epoch],
  );
  signal.throwIfAborted();
  await client.query("commit");
  return output;
}

/**
 * One transaction under the same lock and the same epoch as an effect, but without a ledger row: it is done each time. For what
 * is safe to repeat and may have been taken back by somebody since. `work` gets the stage found and says which is reached then.
 */
export function everyTime(
  client: pg.Client,
  name: EffectName,
  work: (found: ReachedStage) => Promise<ReachedStage>,
): Promise<void> {
  return retryBusy(client, name.signal, async () => {
    const found = await beginFenced(client, name);
    name.signal.throwIfAborted();
    const stage = await work(found);
    await client.query(
      "update baton.migration_stage set stage = $2, epoch = $3, changed_at = case when stage = $2 then changed_at else clock_timestamp() end where migration = $1",
      [name.migration, stage, name.epoch],
    );
    name.signal.throwIfAborted();
    await client.query("commit");
  });
}

/** Begins a transaction under the stage's lock, refused to an older epoch; the stage it found. */
async function beginFenced(client: pg.Client, { migration, epoch }: EffectName): Promise<ReachedStage> {
  await client.query("begin");
  // Writers hold the shared half of this lock over their transactions: a stage changes between writes, never within one.
  await client.query("select pg_advisory_xact_lock(hashtextextended('baton.migration:' || $1, 0))", [
    migration,
  ]);
  await client.query(
    "insert into baton.migration_stage (migration, stage, epoch) values ($1, 'none', 0) on conflict do nothing",
    [migration],
  );
  await client.query("select 1 from baton.migration_stage where migration = $1 for update", [migration]);
  const found = await readStage(client, migration);
  if (found.epoch > epoch) throw new ProblemError(staleEpoch(epoch, found.epoch));
  return found.stage;
}

/** Takes the right to work on this tenant from every older epoch, ahead of work that is done in many transactions. */
export async function raiseEpoch(client: pg.Client, name: EffectName): Promise<void> {
  const { migration, epoch } = name;
  const { rowCount } = await retryBusy(client, name.signal, () =>
    client.query(
      `insert into baton.migration_stage as s (migration, stage, epoch) values ($1, 'none', $2)
       on conflict (migration) do update set epoch = excluded.epoch where s.epoch <= excluded.epoch`,
      [migration, epoch],
    ),
  );
  if (rowCount === 0) throw new ProblemError(staleEpoch(epoch, (await readStage(client, migration)).epoch));
}
