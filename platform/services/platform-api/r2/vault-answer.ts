import { ApiError } from "../../../shared/api-error.ts";
import { VaultError } from "../../../shared/vault/errors.ts";

/** 503 `keys.unavailable` for a key service that does not answer or refuses; undefined for any other error. */
export function keysUnavailable(error: unknown): ApiError | undefined {
  if (!(error instanceof VaultError) || error.code === "vault.open_failed") return undefined;
  return new ApiError(503, "keys.unavailable", "The key service did not give the bundle's key; try again.", {
    reason: error.code,
  });
}
