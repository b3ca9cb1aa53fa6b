import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { KeyInfo } from "@baton/core";
import { z } from "zod";

const Ring = z.strictObject({
  keys: z.record(
    z.string(),
    z.strictObject({
      minDecryptionVersion: z.int().min(1),
      /** Base64 of 32 bytes each; the first is version 1. */
      versions: z.array(z.base64()).min(1),
    }),
  ),
});
/** All keys of one sealed file, as they stand in memory. A value: changes make a new one. */
export type KeyRing = z.infer<typeof Ring>;

/** The ring of a file that is new. */
export const emptyRing: KeyRing = { keys: {} };

/** The ring a sealed file held; null where the text is not one. */
export function readRing(text: string): KeyRing | null {
  const parsed = Ring.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

/** The ring with the key; the same ring where it is there already. */
export function withKey(ring: KeyRing, name: string): KeyRing {
  if (Object.hasOwn(ring.keys, name)) return ring;
  return { keys: { ...ring.keys, [name]: { minDecryptionVersion: 1, versions: [newVersion()] } } };
}

/** The ring with a new version of the key, which wraps from now on; older versions still unwrap. */
export function withRotation(ring: KeyRing, name: string): KeyRing {
  const key = ring.keys[name];
  if (key === undefined) return ring;
  return { keys: { ...ring.keys, [name]: { ...key, versions: [...key.versions, newVersion()] } } };
}

/** The ring with another oldest version that unwraps; the same ring where the key has no such version. */
export function withMinDecryption(ring: KeyRing, name: string, version: number): KeyRing {
  const key = ring.keys[name];
  if (key === undefined || version < 1 || version > key.versions.length) return ring;
  if (key.minDecryptionVersion === version) return ring;
  return { keys: { ...ring.keys, [name]: { ...key, minDecryptionVersion: version } } };
}

/** A ring without this key and all its versions; what it wrapped can be opened by nobody then. */
export function withoutKey(ring: KeyRing, name: string): KeyRing {
  if (!Object.hasOwn(ring.keys, name)) return ring;
  return { keys: Object.fromEntries(Object.entries(ring.keys).filter(([key]) => key !== name)) };
}

/** What may be told of a key, without the key; null where there is none of this name. */
export function infoOf(ring: KeyRing, name: string): KeyInfo | null {
  const key = Object.hasOwn(ring.keys, name) ? ring.keys[name] : undefined;
  if (key === undefined) return null;
  return { name, latestVersion: key.versions.length, minDecryptionVersion: key.minDecryptionVersion };
}

/** `vault:v<version>:<base64 of nonce, ciphertext and tag>` under the newest version; null where there is no key. */
export function wrapWith(
  ring: KeyRing,
  name: string,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
): string | null {
  const versions = ring.keys[name]?.versions;
  const newest = versions?.at(-1);
  if (versions === undefined || newest === undefined) return null;
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(newest, "base64"), nonce, { authTagLength: 16 });
  cipher.setAAD(associatedData);
  const bytes = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return `vault:v${versions.length}:${bytes.toString("base64")}`;
}

/** What was wrapped; null where the key, its version, the associated data or a byte is another. */
export function unwrapWith(
  ring: KeyRing,
  name: string,
  wrapped: string,
  associatedData: Uint8Array,
): Uint8Array | null {
  const key = ring.keys[name];
  const match = /^vault:v([1-9]\d{0,8}):([A-Za-z0-9+/]+={0,2})$/.exec(wrapped);
  const version = Number(match?.[1]);
  const secret = key?.versions[version - 1];
  if (key === undefined || secret === undefined || version < key.minDecryptionVersion) return null;
  const bytes = Buffer.from(match?.[2] ?? "", "base64");
  if (bytes.length < 28) return null;
  const decipher = createDecipheriv("aes-256-gcm", Buffer.from(secret, "base64"), bytes.subarray(0, 12), {
    authTagLength: 16,
  });
  decipher.setAAD(associatedData);
  decipher.setAuthTag(bytes.subarray(-16));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}

const newVersion = (): string => randomBytes(32).toString("base64");
