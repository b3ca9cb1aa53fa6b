import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { failed, ok, type Problem, type Result, type VerifySignature } from "@baton/core";

/** What tells keys apart: SHA-256 of the public key's SPKI in DER, as 64 hex digits. */
export const keyId = (publicKey: KeyObject): string =>
  createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");

/** Checks signatures of the public keys given, each in PEM. `BATON-AUDIT-KEY-FILE` where one is no Ed25519 key. */
export function createVerifier(
  keys: readonly { readonly pem: string; readonly from: string }[],
): Result<VerifySignature> {
  const known = new Map<string, KeyObject>();
  for (const { pem, from } of keys) {
    const key = readPublic(pem);
    if (key === null) return failed(notAKey(from));
    known.set(keyId(key), key);
  }
  return ok((key, bytes, signature) => {
    const publicKey = known.get(key);
    return publicKey === undefined
      ? null
      : verify(null, Buffer.from(bytes, "utf8"), publicKey, Buffer.from(signature, "base64"));
  });
}

function readPublic(pem: string): KeyObject | null {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : null;
  } catch {
    return null;
  }
}

/** A file or a variable that should hold a key and does not. */
export const notAKey = (from: string): Problem => ({
  code: "BATON-AUDIT-KEY-FILE",
  message: `${from} holds no Ed25519 key in PEM.`,
  remedy:
    "Write it with `openssl genpkey -algorithm ed25519`, or take the public one from `baton audit key`.",
  where: { file: from },
});
