import type { Dek, PromptVault, Queryable, Sealed } from "../../../../shared/vault/types.ts";
import { createVault } from "../../../../shared/vault/vault.ts";
import { type Context, needed, numberOption } from "./context.ts";
import { type Position, placeOf, START } from "./rows.ts";
import { sealedOf } from "./sealed-of.ts";

/** Passes over the table that still leave rows without their text before it is given up. */
const MAX_PASSES = 25;
const REST_MS = 50;
/** Times in a row that one batch is taken again because somebody was writing its rows; then the next pass takes them. */
const MAX_AGAIN = 5;

/** What is saved with each batch, in its transaction. */
interface Progress extends Position {
  /** Texts brought back so far, over restarts. */
  readonly rows: number;
}

/** A version that is kept as ciphertext only. */
interface LoneRow extends Position {
  readonly bundle: string;
  /** As PostgreSQL prints it. */
  readonly revision: string;
  readonly sealed: Sealed;
}

/**
 * The reverse backfill: opens each ciphertext that stands alone and puts its text beside it, until none is left. Writers keep both
 * shapes meanwhile; a version that one of them changed has its text already, and is left as it is.
 */
export const restore = async (context: Context): Promise<{ rows: number }> => {
  const vault = createVault({
    transitUrl: needed(context.settings, "transitUrl"),
    token: needed(context.secrets, "transitToken"),
  });
  let at = savedProgress(await context.checkpoint());
  for (let passes = 1; passes <= MAX_PASSES; passes += 1) {
    at = await pass(context, vault, at);
    const [lone] = await loneRows(context.db, START, 1);
    if (lone === undefined) return { rows: at.rows };
    await context.pause(REST_MS * passes); // what is left is being written by somebody at this moment
    at = { ...START, rows: at.rows };
  }
  throw new Error("versions are left without their text: something keeps them locked");
};

/** From the position to the end of the table: read, open outside any transaction, write what did not move on meanwhile. */
async function pass(context: Context, vault: PromptVault, from: Progress): Promise<Progress> {
  const batchRows = numberOption(context, "batchRows", 100);
  const pauseShare = numberOption(context, "pauseShare", 0.5);
  let at = from;
  for (let again = 0; ; ) {
    const started = performance.now();
    const lone = await loneRows(context.db, at, batchRows);
    const last = lone.at(-1);
    if (last === undefined) return at;
    const texts = await openRows(context, vault, lone);
    let next = at;
    await context.batch(async (db) => {
      const written = await writeTexts(db, lone, texts);
      const missed = written < lone.length && again < MAX_AGAIN;
      const { prompt, version } = missed ? at : last;
      next = { prompt, version, rows: at.rows + written };
      return { ...next };
    });
    again = next.prompt === at.prompt && next.version === at.version ? again + 1 : 0;
    at = next;
    context.progress({ rows: at.rows });
    await context.pause((performance.now() - started) * pauseShare);
  }
}

async function loneRows(db: Queryable, after: Position, limit: number): Promise<readonly LoneRow[]> {
  const { rows } = await db.query(
    `select v.prompt_id::text as prompt, v.version, p.bundle_id::text as bundle, v.revision::text as revision,
            c.format, c.dek_id::text as dek_id, c.nonce, c.ciphertext, c.commitment
       from prompt_versions v
       join prompts p on p.id = v.prompt_id
       join prompt_ciphertexts c on c.prompt_id = v.prompt_id and c.version = v.version and c.revision = v.revision
      where (v.prompt_id, v.version) > ($1::uuid, $2::int) and v.body is null
      order by v.prompt_id, v.version
      limit $3`,
    [after.prompt, after.version, limit],
  );
  return rows.flatMap((row) => {
    const sealed = sealedOf(row);
    if (sealed === null) throw new Error("a ciphertext's columns are not what they should be");
    const { prompt, version, bundle, revision } = row;
    return [
      {
        prompt: String(prompt),
        version: Number(version),
        bundle: String(bundle),
        revision: String(revision),
        sealed,
      },
    ];
  });
}

/** Each text, authenticated for its place and revision. Throws where one does not open: nothing is made up. */
async function openRows(
  { db, tenant }: Context,
  vault: PromptVault,
  rows: readonly LoneRow[],
): Promise<readonly string[]> {
  const deks = new Map<string, Dek>();
  const texts: string[] = [];
  for (const row of rows) {
    const id = row.sealed.dekId;
    const dek = deks.get(id) ?? (await vault.dekById(db, tenant.id, id));
    deks.set(id, dek);
    texts.push(vault.open(dek, placeOf(tenant.id, row), row.sealed));
  }
  return texts;
}

/**
 * Writes texts under the revision guard: only where the version still is the one that was opened, and has no text yet. A row that
 * somebody is writing at this moment is passed over. The trigger leaves the revision as it is, so the ciphertext stays current.
 */
async function writeTexts(
  db: Queryable,
  rows: readonly LoneRow[],
  texts: readonly string[],
): Promise<number> {
  const { rowCount } = await db.query(
    `with mine as (
       select v.prompt_id, v.version, s.body
         from unnest($1::uuid[], $2::int[], $3::bigint[], $4::text[]) as s (prompt_id, version, revision, body)
         join prompt_versions v
           on v.prompt_id = s.prompt_id and v.version = s.version and v.revision = s.revision and v.body is null
        order by v.prompt_id, v.version
          for no key update of v skip locked)
     update prompt_versions v set body = mine.body
       from mine where v.prompt_id = mine.prompt_id and v.version = mine.version`,
    [
      rows.map(({ prompt }) => prompt),
      rows.map(({ version }) => version),
      rows.map(({ revision }) => revision),
      texts,
    ],
  );
  return rowCount ?? 0;
}

function savedProgress(saved: unknown): Progress {
  if (typeof saved !== "object" || saved === null) return { ...START, rows: 0 };
  const { prompt, version, rows } = saved as Partial<Progress>;
  return { prompt: prompt ?? START.prompt, version: version ?? START.version, rows: rows ?? 0 };
}
