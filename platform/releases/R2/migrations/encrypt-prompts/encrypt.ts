import type { Dek, PromptVault } from "../../../../shared/vault/types.ts";
import { createVault } from "../../../../shared/vault/vault.ts";
import { type Context, needed, numberOption } from "./context.ts";
import {
  type Position,
  placeOf,
  type SealedRow,
  START,
  type StaleRow,
  staleRows,
  writeSealed,
} from "./rows.ts";

/** Passes over the table that still leave rows stale before it is given up: somebody writes faster than we do. */
const MAX_PASSES = 25;
const REST_MS = 50;
/** Times in a row that one batch is taken again because its rows moved on; then the next pass takes them. */
const MAX_AGAIN = 5;

/** What is saved with each batch, in its transaction. */
interface Progress extends Position {
  /** Ciphertexts written so far, over restarts. */
  readonly rows: number;
}

/** Encrypts what has no current ciphertext, once through the table. What old writers change meanwhile is left to the sweep. */
export const backfill = async (context: Context): Promise<{ rows: number }> => {
  const work = workOf(context);
  const saved = savedProgress(await context.checkpoint());
  return { rows: (await pass(work, saved)).rows };
};

/** Encrypts until nothing is stale. The old writers are fenced off, so an end comes. */
export const sweep = async (context: Context): Promise<{ rows: number }> => {
  const work = workOf(context);
  let { rows } = savedProgress(await context.checkpoint());
  for (let passes = 0; passes < MAX_PASSES; passes += 1) {
    const [stale] = await staleRows(context.db, START, 1);
    if (stale === undefined) return { rows };
    await context.pause(REST_MS * passes); // what is left is being written by somebody at this moment
    ({ rows } = await pass(work, { ...START, rows }));
  }
  throw new Error("rows keep going stale: something still writes plaintext without ciphertext");
};

interface Work {
  readonly context: Context;
  readonly vault: PromptVault;
  readonly batchRows: number;
  readonly pauseShare: number;
}

function workOf(context: Context): Work {
  return {
    context,
    vault: createVault({
      transitUrl: needed(context.settings, "transitUrl"),
      token: needed(context.secrets, "transitToken"),
    }),
    batchRows: numberOption(context, "batchRows", 50),
    pauseShare: numberOption(context, "pauseShare", 1),
  };
}

/** From the position to the end of the table: read, encrypt outside any transaction, write what did not move on meanwhile. */
async function pass(work: Work, from: Progress): Promise<Progress> {
  const { context } = work;
  let at = from;
  for (let again = 0; ; ) {
    const started = performance.now();
    const stale = await staleRows(context.db, at, work.batchRows);
    const last = stale.at(-1);
    if (last === undefined) return at;
    const sealed = await sealRows(work, stale);
    let next = at;
    await context.batch(async (db) => {
      const written = await writeSealed(db, sealed);
      const missed = written < sealed.length && again < MAX_AGAIN;
      const { prompt, version } = missed ? at : last;
      next = { prompt, version, rows: at.rows + written };
      return { ...next };
    });
    again = next.prompt === at.prompt && next.version === at.version ? again + 1 : 0;
    at = next;
    context.progress({ rows: at.rows });
    await context.pause((performance.now() - started) * work.pauseShare);
  }
}

async function sealRows(work: Work, rows: readonly StaleRow[]): Promise<readonly SealedRow[]> {
  const { context, vault } = work;
  const deks = new Map<string, Dek>();
  const sealed: SealedRow[] = [];
  for (const row of rows) {
    const dek = deks.get(row.bundle) ?? (await vault.dekForBundle(context.db, context.tenant.id, row.bundle));
    deks.set(row.bundle, dek);
    sealed.push({ row, sealed: vault.seal(dek, placeOf(context.tenant.id, row), row.body) });
  }
  return sealed;
}

function savedProgress(saved: unknown): Progress {
  if (typeof saved !== "object" || saved === null) return { ...START, rows: 0 };
  const { prompt, version, rows } = saved as Partial<Progress>;
  return { prompt: prompt ?? START.prompt, version: version ?? START.version, rows: rows ?? 0 };
}
