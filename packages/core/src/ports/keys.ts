import type { Result } from "../problem.ts";

export interface KeyInfo {
  readonly name: string;
  readonly latestVersion: number;
  readonly minDecryptionVersion: number;
}

/** Key-encryption keys that never leave their store. Shaped after the transit engine of Vault and OpenBao. */
export interface KeysPort {
  /** Null where there is no such key; a problem where that cannot be known. */
  describe(name: string): Promise<Result<KeyInfo | null>>;
  /** Creates the key where it is absent; leaves it as it is where it is there. */
  create(name: string): Promise<Result<KeyInfo>>;
  /** Removes a key that wraps nothing. Ok when there is none. */
  remove(name: string): Promise<Result<void>>;
  wrap(name: string, plaintext: Uint8Array, associatedData: Uint8Array): Promise<Result<string>>;
  unwrap(name: string, wrapped: string, associatedData: Uint8Array): Promise<Result<Uint8Array>>;
}
