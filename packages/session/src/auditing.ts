import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createAnchorFile, createVerifier, openSigningKey } from "@baton/adapters";
import { createNotary, type Notary, signHeads } from "@baton/conductor";
import {
  type AnchorPort,
  failed,
  ok,
  type Platform,
  type Problem,
  type Result,
  type SignerPort,
  type VerifySignature,
} from "@baton/core";
import type { Say } from "./say.ts";
import type { Session } from "./session.ts";
import type { Where } from "./where.ts";

/** Where the journal's anchors are: named on the command line, else in `platform.yaml`, else in the state folder. */
export const anchorOf = (where: Where, platform: Pick<Platform, "audit"> | null): AnchorPort => {
  const inPlatform = platform?.audit && resolve(where.platformDir, platform.audit.anchors);
  return createAnchorFile(where.anchorsDir ?? inPlatform ?? join(where.stateDir, "anchors"));
};

/** The key that signs here; drawn at the first use. */
export async function signerOf(where: Where): Promise<Result<SignerPort>> {
  const key = await openSigningKey({ stateDir: where.stateDir, env: process.env, create: true });
  if (!key.ok) return key;
  return key.value === null ? failed(noKey) : ok(key.value);
}

/** Signatures checked with this machine's key, where it has one, and with those named on the command line. */
export async function verifierOf(
  where: Where,
  files: readonly string[],
): Promise<Result<{ readonly verify: VerifySignature; readonly knowsKeys: boolean }>> {
  const own = await openSigningKey({ stateDir: where.stateDir, env: process.env, create: false });
  if (!own.ok) return own;
  const keys = own.value === null ? [] : [{ pem: own.value.publicKey, from: "this machine's key" }];
  for (const file of files) {
    const pem = await readFile(file, "utf8").catch(() => null);
    if (pem === null) return failed(noKeyFile(file));
    keys.push({ pem, from: file });
  }
  const verify = createVerifier(keys);
  return verify.ok ? ok({ verify: verify.value, knowsKeys: keys.length > 0 }) : verify;
}

/** Has the journal signed while this session drives a run. What cannot be signed is said, and holds nothing up. */
export function notaryOf(session: Session, say: Say): Notary {
  const { journal, where, definition } = session;
  const anchor = anchorOf(where, definition.platform);
  return createNotary({
    sign: async () => {
      const signer = await signerOf(where);
      return signer.ok ? signHeads({ journal, anchor, signer: signer.value }) : signer;
    },
    onProblem: ({ code, message, remedy }) =>
      say(`◌ The journal is not signed: ${code} ${message}`, `  ${remedy}`),
  });
}

const noKey: Problem = {
  code: "BATON-AUDIT-KEY-FILE",
  message: "There is no key that signs the journal.",
  remedy: "Name one in BATON_AUDIT_KEY_FILE, or let the state folder be written.",
};

const noKeyFile = (file: string): Problem => ({
  code: "BATON-AUDIT-KEY-FILE",
  message: `The public key ${file} cannot be read.`,
  remedy: "Name a file with a key in PEM, as `baton audit key` prints it.",
  where: { file },
});
