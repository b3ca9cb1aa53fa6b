import type pg from "pg";
import type { Dek, PromptVault } from "../../../shared/vault/types.ts";

/** What sealing a bundle's prompt needs. */
export interface Sealing {
  readonly vault: PromptVault;
  readonly tenant: string;
  readonly bundle: string;
  readonly dek: Dek;
  /** Whether the plain text is kept beside the sealed one: true until contract. */
  readonly keepPlain: boolean;
}

interface Written {
  readonly version: number;
  /** Drawn by the table's trigger; what binds the ciphertext to this very text. */
  readonly revision: string;
}

const APPEND = `insert into prompt_versions (prompt_id, version, body, created_by)
  select $1, coalesce(max(version), 0) + 1, $2, $3 from prompt_versions where prompt_id = $1
  returning version, revision::text as revision`;

const NEWEST = `prompt_id = $1 and version = (select max(version) from prompt_versions where prompt_id = $1)
    and ($2::int is null or version = $2)`;

const AMEND = `update prompt_versions set body = $3, changed_at = now() where ${NEWEST}
  returning version, revision::text as revision`;

/** The trigger looks at the plain text, which is gone after contract; so the revision is drawn here. */
const AMEND_WITHOUT_PLAIN = `update prompt_versions set revision = nextval('prompt_revision'), changed_at = now()
  where ${NEWEST} returning version, revision::text as revision`;

const SEAL = `insert into prompt_ciphertexts
    (prompt_id, version, revision, format, dek_id, nonce, ciphertext, commitment)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (prompt_id, version) do update set revision = excluded.revision, format = excluded.format,
    dek_id = excluded.dek_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext,
    commitment = excluded.commitment`;

/** Adds the next version, sealed in the same transaction. The caller holds the prompt's row lock. */
export async function appendSealed(
  client: pg.PoolClient,
  sealing: Sealing,
  prompt: string,
  body: string,
  author: string,
): Promise<number> {
  const { rows } = await client.query<Written>(APPEND, [prompt, sealing.keepPlain ? body : null, author]);
  const written = rows[0];
  if (written === undefined) throw new Error("the statement returned no version");
  return seal(client, sealing, prompt, body, written);
}

/** Changes the newest version and seals it anew; undefined where the newest is not `expected`. */
export async function amendSealed(
  client: pg.PoolClient,
  sealing: Sealing,
  prompt: string,
  body: string,
  expected: number | null,
): Promise<number | undefined> {
  const { rows } = sealing.keepPlain
    ? await client.query<Written>(AMEND, [prompt, expected, body])
    : await client.query<Written>(AMEND_WITHOUT_PLAIN, [prompt, expected]);
  const written = rows[0];
  return written === undefined ? undefined : seal(client, sealing, prompt, body, written);
}

async function seal(
  client: pg.PoolClient,
  { vault, tenant, bundle, dek }: Sealing,
  prompt: string,
  body: string,
  { version, revision }: Written,
): Promise<number> {
  const sealed = vault.seal(dek, { tenant, bundle, prompt, version, column: "body", revision }, body);
  await client.query(SEAL, [
    prompt,
    version,
    revision,
    sealed.format,
    sealed.dekId,
    sealed.nonce,
    sealed.ciphertext,
    sealed.commitment,
  ]);
  return version;
}
