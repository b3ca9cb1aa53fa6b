import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from "node:crypto";
import { failed, ok, type Problem, type Result } from "@baton/core";
import { z } from "zod";

/** Cost of the passphrase: about 32 MB and 100 ms once at start, which makes guessing dear. */
const COST = { N: 32_768, r: 8, p: 1 } as const;
const MAX_MEMORY = 256 * 1024 * 1024;

const Header = z.strictObject({
  format: z.literal(1),
  kdf: z.strictObject({
    name: z.literal("scrypt"),
    salt: z.base64(),
    N: z.int().min(2).max(1_048_576),
    r: z.int().min(1).max(32),
    p: z.int().min(1).max(16),
  }),
});
const SealedFile = Header.extend({ nonce: z.base64(), sealed: z.base64(), digest: z.string() });

/** How the passphrase became the master key, written in clear beside what is sealed. */
export type SealHeader = z.infer<typeof Header>;

/** A master key with the header that says how to derive it again. */
export interface MasterKey {
  readonly header: SealHeader;
  readonly key: Buffer;
}

/** A master key from a passphrase under a new salt. */
export function newMasterKey(passphrase: string): Promise<MasterKey> {
  const salt = randomBytes(32).toString("base64");
  return derive(passphrase, { format: 1, kdf: { name: "scrypt", salt, ...COST } });
}

/** Text of the file that holds `content` under the master key: AES-256-GCM, a new nonce each time. */
export function sealContent(master: MasterKey, content: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", master.key, nonce, { authTagLength: 16 });
  cipher.setAAD(Buffer.from(JSON.stringify(master.header)));
  const sealed = Buffer.concat([cipher.update(content, "utf8"), cipher.final(), cipher.getAuthTag()]);
  const body = { ...master.header, nonce: nonce.toString("base64"), sealed: sealed.toString("base64") };
  return `${JSON.stringify({ ...body, digest: digestOf(body) }, null, 2)}\n`;
}

/** The master key of a file, derived anew from the passphrase. */
export async function masterKeyOf(
  text: string,
  passphrase: string,
  file: string,
): Promise<Result<MasterKey>> {
  const parsed = parse(text, file);
  if (!parsed.ok) return parsed;
  const { format, kdf } = parsed.value;
  return ok(await derive(passphrase, { format, kdf }));
}

/**
 * What the file holds. A damaged file (`BATON-KEYS-CORRUPT`) is told from a wrong passphrase (`BATON-KEYS-PASSPHRASE`) by
 * a plain digest over the file; the digest protects nothing, the seal does.
 */
export function openContent(master: MasterKey, text: string, file: string): Result<string> {
  const parsed = parse(text, file);
  if (!parsed.ok) return parsed;
  const bytes = Buffer.from(parsed.value.sealed, "base64");
  const nonce = Buffer.from(parsed.value.nonce, "base64");
  if (bytes.length < 16 || nonce.length !== 12) return failed(corrupt(file, "it is too short"));
  const decipher = createDecipheriv("aes-256-gcm", master.key, nonce, { authTagLength: 16 });
  decipher.setAAD(Buffer.from(JSON.stringify(master.header)));
  decipher.setAuthTag(bytes.subarray(-16));
  try {
    return ok(Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString("utf8"));
  } catch {
    return failed(wrongPassphrase(file));
  }
}

function parse(text: string, file: string): Result<z.infer<typeof SealedFile>> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return failed(corrupt(file, "it is not JSON"));
  }
  const parsed = SealedFile.safeParse(raw);
  if (!parsed.success) return failed(corrupt(file, "its fields are not those of a sealed key file"));
  const { digest, ...body } = parsed.data;
  return digest === digestOf(body) ? ok(parsed.data) : failed(corrupt(file, "its digest does not fit"));
}

const digestOf = (body: object): string => createHash("sha256").update(JSON.stringify(body)).digest("hex");

function derive(passphrase: string, header: SealHeader): Promise<MasterKey> {
  const { salt, N, r, p } = header.kdf;
  return new Promise((resolve, reject) => {
    scrypt(
      passphrase.normalize("NFKC"),
      Buffer.from(salt, "base64"),
      32,
      { N, r, p, maxmem: MAX_MEMORY },
      (error, key) => (error === null ? resolve({ header, key }) : reject(error)),
    );
  });
}

/** The file is there but cannot be what Baton wrote. */
export const corrupt = (file: string, why: string): Problem => ({
  code: "BATON-KEYS-CORRUPT",
  message: `The key file ${file} is damaged: ${why}.`,
  remedy: "Put back the copy you keep of it. Without it, what its keys wrap cannot be read.",
  where: { file },
});

const wrongPassphrase = (file: string): Problem => ({
  code: "BATON-KEYS-PASSPHRASE",
  message: `The passphrase does not open the key file ${file}.`,
  remedy: "Give the passphrase the file was made with, in BATON_KEYS_PASSPHRASE or KEYS_PASSPHRASE_FILE.",
  where: { file },
});
