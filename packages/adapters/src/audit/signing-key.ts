import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { link, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failed, ok, type Problem, type Result, type SignerPort } from "@baton/core";
import { createVerifier, keyId, notAKey } from "./public-keys.ts";

export interface SigningKeyOptions {
  readonly stateDir: string;
  /** Where a key from outside is named: `BATON_AUDIT_KEY` (PEM), `BATON_AUDIT_KEY_FILE` (a file with it). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Draws a key where there is none. Without it the answer is null then: who only checks makes no key. */
  readonly create: boolean;
}

/** Where the key lies that Baton draws for itself. */
const keyFile = (stateDir: string): string => join(stateDir, "secrets", "baton-audit-key");

/**
 * The key that signs the journal: the one from outside where one is named, else the one in the state folder's secrets (0600),
 * drawn at the first use. It is never in the journal's database. `BATON-AUDIT-KEY-FILE` where it cannot be used.
 */
export async function openSigningKey(options: SigningKeyOptions): Promise<Result<SignerPort | null>> {
  const { stateDir, env, create } = options;
  if (env.BATON_AUDIT_KEY) return signerOf(env.BATON_AUDIT_KEY, "BATON_AUDIT_KEY");
  if (env.BATON_AUDIT_KEY_FILE) {
    const pem = await readFile(env.BATON_AUDIT_KEY_FILE, "utf8").catch(() => null);
    return pem === null
      ? failed(unreadable(env.BATON_AUDIT_KEY_FILE))
      : signerOf(pem, env.BATON_AUDIT_KEY_FILE);
  }
  const file = keyFile(stateDir);
  try {
    if ((await modeOf(file)) === null) {
      if (!create) return ok(null);
      await draw(file);
    }
    const mode = await modeOf(file);
    if (mode === null || (mode & 0o077) !== 0) return failed(openToOthers(file));
    return signerOf(await readFile(file, "utf8"), file);
  } catch {
    return failed(unreadable(file));
  }
}

function signerOf(pem: string, from: string): Result<SignerPort> {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return failed(notAKey(from));
  }
  if (key.asymmetricKeyType !== "ed25519") return failed(notAKey(from));
  const publicKey = createPublicKey(key);
  const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const verify = createVerifier([{ pem: publicPem, from }]);
  if (!verify.ok) return verify;
  return ok({
    key: keyId(publicKey),
    publicKey: publicPem,
    sign: (text) => sign(null, Buffer.from(text, "utf8"), key).toString("base64"),
    verify: verify.value,
  });
}

const modeOf = (file: string): Promise<number | null> =>
  stat(file).then(
    ({ mode }) => mode & 0o777,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    },
  );

/** Whole or not at all, and once: of two who draw at the same moment the first one's key stays. */
async function draw(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const { privateKey } = generateKeyPairSync("ed25519");
  const handle = await open(aside, "wx", 0o600);
  try {
    await handle.writeFile(privateKey.export({ type: "pkcs8", format: "pem" }));
    await handle.sync();
    await link(aside, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await handle.close();
    await rm(aside, { force: true });
  }
}

const unreadable = (file: string): Problem => ({
  code: "BATON-AUDIT-KEY-FILE",
  message: `The key that signs the journal cannot be read or made: ${file}.`,
  remedy: "See that the file is there, that it is yours and that its folder can be written.",
  where: { file },
});

const openToOthers = (file: string): Problem => ({
  code: "BATON-AUDIT-KEY-FILE",
  message: `Others may read the key that signs the journal: ${file}.`,
  remedy: `Take the right away with \`chmod 600 ${file}\`. If somebody may have read it, set it aside: a new one is drawn, and \`--key\` names the old one's public half.`,
  where: { file },
});
