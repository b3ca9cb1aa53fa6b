import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import { isBusy } from "./tenant-database.ts";

const TRIES = 40;

/** Runs one transaction until it got its locks, for some seconds, so that live traffic goes first. */
export async function retryBusy<T>(
  client: pg.Client,
  signal: AbortSignal,
  once: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await once();
    } catch (error) {
      await client.query("rollback").catch(() => undefined);
      if (!isBusy(error) || tries >= TRIES) throw error;
      await pause(Math.min(400, 40 * tries), undefined, { signal });
    }
  }
}
