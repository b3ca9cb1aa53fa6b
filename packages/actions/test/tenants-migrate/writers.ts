import type pg from "pg";
import type { PromptVault } from "../../../../platform/shared/vault/types.ts";
import type { TestTenant } from "./fixture.ts";

/** One version of one prompt. */
export interface Place {
  readonly prompt: string;
  readonly version: number;
  readonly bundle: string;
}

/** All versions of a tenant, in order. */
export async function places(tenant: TestTenant): Promise<readonly Place[]> {
  const { rows } = await tenant.admin.query<Place>(
    `select v.prompt_id::text as prompt, v.version, p.bundle_id::text as bundle
       from prompt_versions v join prompts p on p.id = v.prompt_id order by v.prompt_id, v.version`,
  );
  return rows;
}

/** A write as R1 does it: it knows of no ciphertext and of no revision. */
export async function oldWrite(client: pg.Client, place: Place, body: string): Promise<void> {
  const { rowCount } = await client.query(
    "update prompt_versions set body = $3, changed_at = now() where prompt_id = $1 and version = $2",
    [place.prompt, place.version, body],
  );
  if (rowCount !== 1) throw new Error("there is no such version");
}

/** A write as R2 does it: the stage under the shared lock, then plaintext and, from dual-write on, ciphertext. */
export async function newWrite(
  client: pg.Client,
  vault: PromptVault,
  tenant: string,
  place: Place,
  body: string,
): Promise<void> {
  const dek = await vault.dekForBundle(client, tenant, place.bundle);
  await client.query("begin");
  await newWriteWithin(client, vault, tenant, place, body, dek);
  await client.query("commit");
}

/** The inside of that write, for tests that commit when they choose. */
export async function newWriteWithin(
  client: pg.Client,
  vault: PromptVault,
  tenant: string,
  place: Place,
  body: string,
  dek: Awaited<ReturnType<PromptVault["dekForBundle"]>>,
): Promise<void> {
  await client.query(
    "select pg_advisory_xact_lock_shared(hashtextextended('baton.migration:encrypt-prompts', 0))",
  );
  const { rows: stages } = await client.query<{ dual: boolean }>(
    "select stage <> all (array['none', 'expand']) as dual from baton.migration_stage where migration = 'encrypt-prompts'",
  );
  const { rows } = await client.query<{ revision: string }>(
    "update prompt_versions set body = $3 where prompt_id = $1 and version = $2 returning revision::text as revision",
    [place.prompt, place.version, body],
  );
  const revision = rows[0]?.revision;
  if (revision === undefined) throw new Error("there is no such version");
  if (stages[0]?.dual !== true) return;
  const sealed = vault.seal(dek, { tenant, ...place, column: "body", revision }, body);
  await client.query(
    `insert into prompt_ciphertexts (prompt_id, version, revision, format, dek_id, nonce, ciphertext, commitment)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (prompt_id, version) do update set revision = excluded.revision, format = excluded.format,
       dek_id = excluded.dek_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext, commitment = excluded.commitment`,
    [
      place.prompt,
      place.version,
      revision,
      sealed.format,
      sealed.dekId,
      sealed.nonce,
      sealed.ciphertext,
      sealed.commitment,
    ],
  );
}

/** What each version reads as, by ciphertext where it is current (as R2 reads from the switch on), else by plaintext. */
export async function readAll(
  tenant: TestTenant,
  vault: PromptVault,
): Promise<ReadonlyMap<string, { readonly text: string; readonly sealed: boolean }>> {
  const { rows } = await tenant.admin.query(
    `select v.prompt_id::text as prompt, v.version, p.bundle_id::text as bundle, v.revision::text as revision, v.body,
            c.format, c.dek_id::text as "dekId", c.nonce, c.ciphertext, c.commitment
       from prompt_versions v join prompts p on p.id = v.prompt_id
       left join prompt_ciphertexts c
         on c.prompt_id = v.prompt_id and c.version = v.version and c.revision = v.revision
      order by v.prompt_id, v.version`,
  );
  const read = new Map<string, { text: string; sealed: boolean }>();
  for (const row of rows) {
    const { prompt, version, bundle, revision } = row;
    const sealed = row.dekId !== null;
    const place = { tenant: tenant.id, bundle, prompt, version, column: "body" as const, revision };
    const text = sealed
      ? vault.open(await vault.dekById(tenant.admin, tenant.id, row.dekId), place, row)
      : row.body;
    read.set(`${prompt}/${version}`, { text, sealed });
  }
  return read;
}

/** How many versions have no current ciphertext. */
export async function staleCount(tenant: TestTenant): Promise<number> {
  const { rows } = await tenant.admin.query<{ stale: number }>(
    `select count(*)::int as stale from prompt_versions v left join prompt_ciphertexts c using (prompt_id, version)
      where c.revision is distinct from v.revision`,
  );
  return rows[0]?.stale ?? -1;
}

/** Whether somebody waits at this moment for a lock on a table of the tenant's. */
export async function waitsForTable(tenant: TestTenant, table: string): Promise<boolean> {
  const { rowCount } = await tenant.admin.query(
    "select from pg_locks where relation = to_regclass($1) and not granted",
    [table],
  );
  return (rowCount ?? 0) > 0;
}
