import { randomBytes, randomUUID } from "node:crypto";
import { open, seal } from "./aead.ts";
import { dekBinding } from "./binding.ts";
import { VaultError } from "./errors.ts";
import { BoundedCache } from "./lru.ts";
import { type Transit, type TransitOptions, transit } from "./transit.ts";
import type { Dek, PromptVault, Queryable } from "./types.ts";

const DEK_BYTES = 32;
/** DEKs kept in memory: enough for the bundles at work, little enough to name a bound. */
const CACHED_DEKS = 2_000;

/** Name of the key-encryption key of a tenant. */
const kekName = (tenant: string): string => `dcoder-${tenant}`;

/**
 * Envelope encryption of prompts. The key service is asked once per DEK and process, not once per prompt; a failing
 * key service surfaces as a `VaultError` and is never remembered.
 */
export function createVault(options: TransitOptions): PromptVault {
  const keys = transit(options);
  const cache = new BoundedCache<Promise<Dek>>(CACHED_DEKS);
  return {
    dekForBundle: (db, tenant, bundle) => dekForBundle(db, tenant, bundle, keys, cache),
    dekById: (db, tenant, id) => dekById(db, tenant, id, keys, cache),
    seal,
    open,
  };
}

type Cache = BoundedCache<Promise<Dek>>;

/**
 * The row is read each time, since the table goes when the migration is taken back and a remembered id would then
 * point nowhere; only the unwrapped key is remembered.
 */
async function dekForBundle(
  db: Queryable,
  tenant: string,
  bundle: string,
  keys: Transit,
  cache: Cache,
): Promise<Dek> {
  const found = await wrappedForBundle(db, bundle);
  if (found !== null) return remembered(cache, tenant, { ...committed(found, bundle), bundle }, keys, db);

  for (let attempt = 1; !(await drawn(db, tenant, bundle, keys)); attempt += 1)
    if (attempt === DRAWS)
      throw new VaultError("vault.refused", "The bundle's data key keeps being refused.", { bundle });
  // Whoever came first has drawn the key of this bundle; what counts is what is there now.
  const agreed = await wrappedForBundle(db, bundle);
  if (agreed === null) throw new VaultError("vault.no_dek", "The bundle has no data key.", { bundle });
  return remembered(cache, tenant, { ...committed(agreed, bundle), bundle }, keys, db);
}

/** Times a new data key is wrapped again that was refused because the tenant's key had been rotated meanwhile. */
const DRAWS = 3;
const CHECK_VIOLATION = "23514";

/** Draws, wraps and stores a data key; false where it was wrapped under a version that is refused by now. */
async function drawn(db: Queryable, tenant: string, bundle: string, keys: Transit): Promise<boolean> {
  const id = randomUUID();
  const wrapped = await keys.wrap(kekName(tenant), randomBytes(DEK_BYTES), dekBinding(tenant, bundle, id));
  try {
    await db.query(
      "insert into prompt_deks (id, bundle_id, wrapped) values ($1, $2, $3) on conflict (bundle_id) do nothing",
      [id, bundle, wrapped],
    );
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === CHECK_VIOLATION) return false;
    throw error;
  }
}

interface WrappedDek {
  readonly id: string;
  readonly wrapped: string;
  readonly committed: boolean;
}

function committed(row: WrappedDek, bundle: string): WrappedDek {
  if (row.committed) return row;
  throw new VaultError(
    "vault.open_transaction",
    "A data key must be committed before anything is encrypted under it: ask for it outside a transaction.",
    { bundle },
  );
}

async function wrappedForBundle(db: Queryable, bundle: string): Promise<WrappedDek | null> {
  // A row that this very transaction inserted is not committed; every other row that can be seen is.
  const { rows } = await db.query(
    `select id::text as id, wrapped,
            coalesce(xmin::text <> (pg_current_xact_id_if_assigned()::text::numeric % 4294967296)::text, true)
              as committed
       from prompt_deks where bundle_id = $1`,
    [bundle],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return { id: String(row.id), wrapped: String(row.wrapped), committed: row.committed === true };
}

async function dekById(db: Queryable, tenant: string, id: string, keys: Transit, cache: Cache): Promise<Dek> {
  const known = cache.get(cacheKey(tenant, id));
  if (known !== undefined) return known;
  return remembered(cache, tenant, await storedDek(db, id), keys, db);
}

/** A data key as it is stored. */
interface StoredDek {
  readonly id: string;
  readonly bundle: string;
  readonly wrapped: string;
}

async function storedDek(db: Queryable, id: string): Promise<StoredDek> {
  const { rows } = await db.query(
    "select bundle_id::text as bundle, wrapped from prompt_deks where id = $1",
    [id],
  );
  const row = rows[0];
  if (row === undefined) throw new VaultError("vault.no_dek", "There is no such data key.", { dek: id });
  return { id, bundle: String(row.bundle), wrapped: String(row.wrapped) };
}

const cacheKey = (tenant: string, id: string): string => `${tenant}\n${id}`;

/** Callers that ask at the same time share one call to the key service; a failure is not kept. */
function remembered(
  cache: Cache,
  tenant: string,
  row: StoredDek,
  keys: Transit,
  db: Queryable,
): Promise<Dek> {
  const key = cacheKey(tenant, row.id);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const opening = unwrapped(tenant, row, keys).catch(async (error: unknown) => {
    if (!(error instanceof VaultError) || error.code !== "vault.refused") throw error;
    // The tenant's key may have been rotated since the row was read: then another text stands there, of the same key.
    const now = await storedDek(db, row.id);
    if (now.wrapped === row.wrapped) throw error;
    return unwrapped(tenant, now, keys);
  });
  cache.set(key, opening);
  opening.catch(() => cache.delete(key));
  return opening;
}

async function unwrapped(tenant: string, row: StoredDek, keys: Transit): Promise<Dek> {
  const bytes = await keys.unwrap(kekName(tenant), row.wrapped, dekBinding(tenant, row.bundle, row.id));
  if (bytes.length === DEK_BYTES) return { id: row.id, bundle: row.bundle, key: bytes };
  throw new VaultError("vault.refused", "The unwrapped data key has the wrong length.", { dek: row.id });
}
