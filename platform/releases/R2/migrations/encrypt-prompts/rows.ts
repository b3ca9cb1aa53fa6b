import type { PromptContext, Queryable, Sealed } from "../../../../shared/vault/types.ts";

/** Where a version sits in the order in which versions are worked through. */
export interface Position {
  readonly prompt: string;
  readonly version: number;
}

/** Before every version there is. */
export const START: Position = { prompt: "00000000-0000-0000-0000-000000000000", version: 0 };

/** A version whose plaintext has no ciphertext of its present revision. */
export interface StaleRow extends Position {
  readonly bundle: string;
  /** As PostgreSQL prints it. */
  readonly revision: string;
  readonly body: string;
}

/** A stale version with the ciphertext made for it. */
export interface SealedRow {
  readonly row: StaleRow;
  readonly sealed: Sealed;
}

/** Stale versions after a position, in order. */
export async function staleRows(db: Queryable, after: Position, limit: number): Promise<readonly StaleRow[]> {
  const { rows } = await db.query(
    `select v.prompt_id::text as prompt, v.version, p.bundle_id::text as bundle, v.revision::text as revision, v.body
       from prompt_versions v
       join prompts p on p.id = v.prompt_id
       left join prompt_ciphertexts c on c.prompt_id = v.prompt_id and c.version = v.version
      where (v.prompt_id, v.version) > ($1::uuid, $2::int)
        and v.body is not null and c.revision is distinct from v.revision
      order by v.prompt_id, v.version
      limit $3`,
    [after.prompt, after.version, limit],
  );
  return rows.map((row) => ({
    prompt: String(row.prompt),
    version: Number(row.version),
    bundle: String(row.bundle),
    revision: String(row.revision),
    body: String(row.body),
  }));
}

/**
 * Writes ciphertexts under the revision guard: only where the plaintext still has the revision the ciphertext was made from.
 * A row that somebody is writing at this moment is passed over; the share lock keeps the others as they are until the commit, so
 * that a newer ciphertext is never replaced by an older one. Returns how many were written: the rest is to be read again.
 */
export async function writeSealed(db: Queryable, batch: readonly SealedRow[]): Promise<number> {
  const { rowCount } = await db.query(
    `insert into prompt_ciphertexts as c
       (prompt_id, version, revision, format, dek_id, nonce, ciphertext, commitment)
     select v.prompt_id, v.version, v.revision, s.format, s.dek_id, s.nonce, s.ciphertext, s.commitment
       from unnest($1::uuid[], $2::int[], $3::bigint[], $4::int[], $5::uuid[], $6::bytea[], $7::bytea[], $8::bytea[])
            as s (prompt_id, version, revision, format, dek_id, nonce, ciphertext, commitment)
       join prompt_versions v
         on v.prompt_id = s.prompt_id and v.version = s.version and v.revision = s.revision
      order by v.prompt_id, v.version
        for share of v skip locked
     on conflict (prompt_id, version) do update
       set revision = excluded.revision, format = excluded.format, dek_id = excluded.dek_id,
           nonce = excluded.nonce, ciphertext = excluded.ciphertext, commitment = excluded.commitment
     where c.revision < excluded.revision`,
    [
      batch.map(({ row }) => row.prompt),
      batch.map(({ row }) => row.version),
      batch.map(({ row }) => row.revision),
      batch.map(({ sealed }) => sealed.format),
      batch.map(({ sealed }) => sealed.dekId),
      batch.map(({ sealed }) => sealed.nonce),
      batch.map(({ sealed }) => sealed.ciphertext),
      batch.map(({ sealed }) => sealed.commitment),
    ],
  );
  return rowCount ?? 0;
}

/** Where a version's ciphertext is bound to. */
export const placeOf = (
  tenant: string,
  row: {
    readonly bundle: string;
    readonly prompt: string;
    readonly version: number;
    readonly revision: string;
  },
): PromptContext => ({
  tenant,
  bundle: row.bundle,
  prompt: row.prompt,
  version: row.version,
  column: "body",
  revision: row.revision,
});
