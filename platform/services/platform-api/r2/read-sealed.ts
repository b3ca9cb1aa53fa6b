import type pg from "pg";
import { ApiError } from "../../../shared/api-error.ts";
import type { PromptVault } from "../../../shared/vault/types.ts";
import type { StoredVersion } from "../core/bodies.ts";
import { stored } from "../core/plain-bodies.ts";
import { MIGRATION, reached, stageNamed } from "./stage.ts";

interface Row {
  readonly bundle_id: string;
  readonly name: string;
  readonly version: number;
  readonly body: string | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly changed_at: Date;
  readonly stage: string | null;
  readonly revision: string;
  /** Null, like what follows, where there is no ciphertext of the row's own revision. */
  readonly dek_id: string | null;
  readonly format: number;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
  readonly commitment: Buffer;
}

/** Stage, row and ciphertext in one statement, so in one snapshot. A ciphertext of an older revision is not joined. */
const READ = `select p.bundle_id, p.name, v.version, v.body, v.created_by, v.created_at, v.changed_at,
    (select stage from baton.migration_stage where migration = $3) as stage,
    v.revision::text as revision, c.dek_id, c.format, c.nonce, c.ciphertext, c.commitment
  from prompt_versions v
    join prompts p on p.id = v.prompt_id
    left join prompt_ciphertexts c
      on c.prompt_id = v.prompt_id and c.version = v.version and c.revision = v.revision
  where v.prompt_id = $1 and ($2::int is null or v.version = $2)
  order by v.version desc limit 1`;

/**
 * One version as this tenant's stage has it read: from switch on the sealed text, when it is current, else the plain
 * one. Throws where a current ciphertext does not open; the plain text never hides that.
 */
export async function readSealed(
  vault: PromptVault,
  pool: pg.Pool,
  tenant: string,
  prompt: string,
  version: number | null,
): Promise<StoredVersion | undefined> {
  const { rows } = await pool.query<Row>(READ, [prompt, version, MIGRATION]);
  const row = rows[0];
  if (row === undefined) return undefined;
  const sealed = reached(stageNamed(row.stage), "switch") || row.body === null;
  if (sealed && row.dek_id !== null)
    return stored(prompt, row, await open(vault, pool, tenant, prompt, row, row.dek_id));
  if (row.body !== null) return stored(prompt, row, row.body);
  throw new ApiError(500, "prompt.shape", "This prompt has neither a plain text nor a current ciphertext.");
}

async function open(
  vault: PromptVault,
  pool: pg.Pool,
  tenant: string,
  prompt: string,
  row: Row,
  dekId: string,
): Promise<string> {
  const dek = await vault.dekById(pool, tenant, dekId);
  const { bundle_id: bundle, version, revision, format, nonce, ciphertext, commitment } = row;
  const context = { tenant, bundle, prompt, version, column: "body", revision } as const;
  return vault.open(dek, context, { format, dekId, nonce, ciphertext, commitment });
}
