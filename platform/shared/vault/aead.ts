import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { promptBinding } from "./binding.ts";
import { VaultError } from "./errors.ts";
import type { Dek, PromptContext, Sealed } from "./types.ts";

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

interface SubKeys {
  readonly encryption: Buffer;
  readonly commitment: Buffer;
}

/** Sub-keys live exactly as long as the DEK they come from. */
const derived = new WeakMap<Dek, SubKeys>();

function subKeys(dek: Dek): SubKeys {
  const known = derived.get(dek);
  if (known !== undefined) return known;
  const expand = (use: string) =>
    Buffer.from(hkdfSync("sha256", dek.key, dek.id, `dcoder/prompt/${FORMAT}/${use}`, KEY_BYTES));
  const keys = { encryption: expand("encryption"), commitment: expand("commitment") };
  derived.set(dek, keys);
  return keys;
}

/** Seals one text in its place: AES-256-GCM under a sub-key of the DEK, a random 96-bit nonce each time. */
export function seal(dek: Dek, context: PromptContext, plaintext: string): Sealed {
  if (dek.bundle !== context.bundle)
    throw new VaultError("vault.open_failed", "The data key belongs to another bundle.", { dek: dek.id });
  const keys = subKeys(dek);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keys.encryption, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(promptBinding(FORMAT, context, dek.id));
  const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return { format: FORMAT, dekId: dek.id, nonce, ciphertext, commitment: Buffer.from(keys.commitment) };
}

/** Opens what `seal` made. One and the same error for every difference, so that it tells nobody which one it was. */
export function open(dek: Dek, context: PromptContext, sealed: Sealed): string {
  const keys = subKeys(dek);
  const fits =
    sealed.format === FORMAT &&
    sealed.dekId === dek.id &&
    context.bundle === dek.bundle &&
    sealed.nonce.length === NONCE_BYTES &&
    sealed.ciphertext.length >= TAG_BYTES &&
    sealed.commitment.length === KEY_BYTES &&
    timingSafeEqual(sealed.commitment, keys.commitment);
  if (!fits) throw openFailed(context);
  const end = sealed.ciphertext.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", keys.encryption, sealed.nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(promptBinding(FORMAT, context, dek.id));
  decipher.setAuthTag(sealed.ciphertext.subarray(end));
  try {
    const text = Buffer.concat([decipher.update(sealed.ciphertext.subarray(0, end)), decipher.final()]);
    return text.toString("utf8");
  } catch {
    throw openFailed(context);
  }
}

const openFailed = (context: PromptContext): VaultError =>
  new VaultError("vault.open_failed", "This ciphertext does not open in this place.", {
    prompt: context.prompt,
    version: context.version,
    revision: context.revision,
  });
