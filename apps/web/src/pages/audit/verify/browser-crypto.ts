import type { Sha256, VerifySignature } from "@baton/core";
import { hashes, verify } from "@noble/ed25519";
import { sha256 as digest, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

// A journal has a million hashes one behind the other: each by WebCrypto would be a turn of the event loop of its own.
hashes.sha512 = sha512;

const utf8 = new TextEncoder();

/** SHA-256 as core takes it, worked out in this browser. */
export const sha256: Sha256 = (text) => bytesToHex(digest(utf8.encode(text)));

/** What stands in front of the 32 bytes of an Ed25519 key in its SPKI (RFC 8410). */
const SPKI = "302a300506032b6570032100";

/** Checks signatures with the public keys given in PEM; a text that holds none is passed over. */
export function verifierOf(pems: readonly string[]): {
  readonly verify: VerifySignature;
  readonly knowsKeys: boolean;
} {
  const keys = new Map(pems.flatMap((pem) => readKey(pem) ?? []));
  return {
    knowsKeys: keys.size > 0,
    verify: (key, bytes, signature) => {
      const known = keys.get(key);
      if (known === undefined) return null;
      try {
        return verify(bytesOf(signature), utf8.encode(bytes), known, { zip215: false });
      } catch {
        return false;
      }
    },
  };
}

/** A public key by its id: SHA-256 of its SPKI in DER. */
function readKey(pem: string): readonly [readonly [string, Uint8Array]] | null {
  const body = /-----BEGIN PUBLIC KEY-----([^-]+)-----END PUBLIC KEY-----/.exec(pem)?.[1];
  if (body === undefined) return null;
  const der = bytesOf(body.replaceAll(/\s/g, ""));
  return bytesToHex(der).startsWith(SPKI) && der.length === 44
    ? [[bytesToHex(digest(der)), der.subarray(12)]]
    : null;
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
