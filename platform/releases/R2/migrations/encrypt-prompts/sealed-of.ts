import type { Sealed } from "../../../../shared/vault/types.ts";

/** The ciphertext in a row of `prompt_ciphertexts`; null where there is none. */
export function sealedOf(row: Readonly<Record<string, unknown>>): Sealed | null {
  const { nonce, ciphertext, commitment } = row;
  if (!Buffer.isBuffer(nonce) || !Buffer.isBuffer(ciphertext) || !Buffer.isBuffer(commitment)) return null;
  return { format: Number(row.format), dekId: String(row.dek_id), nonce, ciphertext, commitment };
}
