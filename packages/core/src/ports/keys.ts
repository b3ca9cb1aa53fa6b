import type { Result } from "../problem.ts";

export interface KeyInfo {
  readonly name: string;
  readonly latestVersion: number;
  readonly minDecryptionVersion: number;
}

/** The version of the key that something was wrapped under, as transit engines write it; null where the text does not say. */
export function wrappedVersion(wrapped: string): number | null {
  const match = /^vault:v([1-9]\d{0,8}):/.exec(wrapped);
  return match === null ? null : Number(match[1]);
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
  /** Adds a version, which wraps from now on; what older ones wrapped still unwraps. Not to be repeated: each call adds one. */
  rotate(name: string): Promise<Result<KeyInfo>>;
  /** What was wrapped, wrapped anew under the newest version. */
  rewrap(name: string, wrapped: string, associatedData: Uint8Array): Promise<Result<string>>;
  /** From here on only this version and newer ones unwrap. May go down again: no version is destroyed. */
  setMinDecryptionVersion(name: string, version: number): Promise<Result<KeyInfo>>;
}
