/**
 * What the vault could not do. `code` is stable: `vault.unavailable` (the key service does not answer; try again),
 * `vault.refused` (it answers, but not with what was asked for), `vault.open_failed` (context, key or bytes differ),
 * `vault.no_dek`, `vault.open_transaction`. Messages name ids, never keys, tokens or plaintext.
 */
export class VaultError extends Error {
  readonly code: `vault.${string}`;
  readonly details: Readonly<Record<string, string | number>>;
  constructor(
    code: `vault.${string}`,
    message: string,
    details: Readonly<Record<string, string | number>> = {},
  ) {
    super(message);
    this.name = "VaultError";
    this.code = code;
    this.details = details;
  }
}
