/** What binds a ciphertext to its place: associated data, so that a swapped tenant, row or revision fails to open. */
export interface PromptContext {
  readonly tenant: string;
  readonly bundle: string;
  readonly prompt: string;
  readonly version: number;
  readonly column: "body";
  /** Revision of the plaintext this ciphertext was made from, as PostgreSQL prints a bigint. */
  readonly revision: string;
}

/** One row of `prompt_ciphertexts`, but for its key columns. */
export interface Sealed {
  readonly format: number;
  readonly dekId: string;
  readonly nonce: Buffer;
  /** AES-256-GCM ciphertext with its 16-byte tag at the end. */
  readonly ciphertext: Buffer;
  /** HKDF of the DEK: opening under another key fails before decryption (key commitment). */
  readonly commitment: Buffer;
}

/** A data-encryption key in memory. `key` never leaves the process. */
export interface Dek {
  readonly id: string;
  readonly bundle: string;
  readonly key: Buffer;
}

/** The least of a `pg` client or pool that the vault needs. */
export interface Queryable {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null }>;
}

/** Envelope encryption of prompts: KEK per tenant in the key service, DEK per bundle, wrapped in `prompt_deks`. */
export interface PromptVault {
  /** The bundle's DEK; drawn, wrapped and committed (outside any open transaction of the caller) where it is absent. */
  dekForBundle(db: Queryable, tenant: string, bundle: string): Promise<Dek>;
  /** A DEK by its id, unwrapped; cached in memory. */
  dekById(db: Queryable, tenant: string, id: string): Promise<Dek>;
  seal(dek: Dek, context: PromptContext, plaintext: string): Sealed;
  /** Throws where the context, the key or a byte differs. */
  open(dek: Dek, context: PromptContext, sealed: Sealed): string;
}
