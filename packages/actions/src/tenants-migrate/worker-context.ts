import { setTimeout as pause } from "node:timers/promises";
import type { Json } from "@baton/core";
import { ProblemError } from "@baton/core/problem";
import type pg from "pg";
import { staleEpoch } from "./epoch.ts";
import { retryBusy } from "./retry.ts";
import type { WorkerOrder } from "./worker-protocol.ts";

/** Runs one statement; the least that a migration's code needs of a connection. */
export interface WorkerDatabase {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null }>;
}

/**
 * What a function of a migration's folder gets. The folder imports nothing of Baton: it declares the part of this shape that
 * it uses. docs/guides/migrations.md describes it.
 */
export interface WorkerContext {
  readonly tenant: { readonly id: string; readonly database: string };
  readonly parameters: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, Json>>;
  /** One connection, each statement committed by itself. */
  readonly db: WorkerDatabase;
  /** The position that this same effect saved last; null at its first start. */
  checkpoint(): Promise<Json>;
  /**
   * One transaction: `work`, and the position it returns, are committed together or not at all. Refused once a newer conductor
   * works on this tenant. May run `work` again after a deadlock or a lock not had in half a second.
   */
  batch(work: (db: WorkerDatabase) => Promise<Json>): Promise<void>;
  /** One read-only view of the database as it is at this moment, for as long as `work` takes. */
  snapshot<T>(work: (db: WorkerDatabase) => Promise<T>): Promise<T>;
  /** Figures for people who look on. */
  progress(figures: Readonly<Record<string, number>>): void;
  pause(milliseconds: number): Promise<void>;
}

/** The context of one order over one open connection. */
export function workerContext(
  order: WorkerOrder,
  client: pg.Client,
  progress: (figures: Readonly<Record<string, number>>) => void,
): WorkerContext {
  const db: WorkerDatabase = { query: (text, values) => client.query(text, values) };
  const signal = new AbortController().signal; // the parent ends this process where the work is called off
  return {
    tenant: order.tenant,
    parameters: order.parameters,
    secrets: order.secrets,
    settings: order.settings,
    options: order.options,
    db,
    checkpoint: async () => {
      const { rows } = await client.query<{ position: Json }>(
        "select position from baton.checkpoint where key = $1",
        [order.key],
      );
      return rows[0]?.position ?? null;
    },
    batch: (work) =>
      retryBusy(client, signal, async () => {
        // What a batch has locked, people wait for: rather give way and come again.
        await client.query("begin; set local lock_timeout = '500ms'");
        await assertEpoch(client, order);
        const position = await work(db);
        await client.query(
          `insert into baton.checkpoint (key, position, epoch) values ($1, $2::jsonb, $3)
           on conflict (key) do update set position = excluded.position, epoch = excluded.epoch, at = clock_timestamp()`,
          [order.key, JSON.stringify(position), order.epoch],
        );
        await client.query("commit");
      }),
    snapshot: async (work) => {
      await client.query("begin isolation level repeatable read, read only");
      try {
        return await work(db);
      } finally {
        await client.query("rollback").catch(() => undefined);
      }
    },
    progress,
    pause: (milliseconds) => pause(milliseconds),
  };
}

/** The shared lock keeps the epoch from rising until this transaction has ended: an older batch is wholly before or refused. */
async function assertEpoch(client: pg.Client, order: WorkerOrder): Promise<void> {
  const { rows } = await client.query<{ epoch: string }>(
    "select epoch::text from baton.migration_stage where migration = $1 for share",
    [order.migration],
  );
  const newest = Number(rows[0]?.epoch ?? 0);
  if (newest === order.epoch) return;
  await client.query("rollback");
  throw new ProblemError(staleEpoch(order.epoch, newest));
}
