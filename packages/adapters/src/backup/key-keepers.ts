import { type Json, type KeysPort, ProblemError, type Result } from "@baton/core";
import { z } from "zod";
import { masterKeyOf, newMasterKey, openContent, sealContent } from "../keys/sealed-envelope.ts";
import type { KeyKeeper } from "./backup-file.ts";
import { sealedOtherwise } from "./problems.ts";

const ByKey = z.strictObject({ by: z.literal("key"), name: z.string(), wrapped: z.string() });
const ByPassphrase = z.strictObject({ by: z.literal("passphrase"), sealed: z.string() });

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
}

/** A file's key wrapped by a key-encryption key, which is made where there is none. It never leaves its store. */
export function wrappedByKey(keys: KeysPort, name: string): KeyKeeper {
  return {
    async seal(key, bound) {
      must(await keys.create(name));
      return { by: "key", name, wrapped: must(await keys.wrap(name, key, bound)) };
    },
    async open(sealed, bound) {
      const parsed = ByKey.safeParse(sealed);
      if (!parsed.success) throw new ProblemError(sealedOtherwise());
      return Buffer.from(must(await keys.unwrap(parsed.data.name, parsed.data.wrapped, bound)));
    },
  };
}

/** A file's key sealed by a passphrase, for what must be readable when the key service is gone: Baton's own backup. */
export function sealedByPassphrase(passphrase: string): KeyKeeper {
  return {
    async seal(key, bound) {
      const content = JSON.stringify({ key: key.toString("base64"), bound: bound.toString("base64") });
      return { by: "passphrase", sealed: sealContent(await newMasterKey(passphrase), content) };
    },
    async open(sealed: Json, bound) {
      const parsed = ByPassphrase.safeParse(sealed);
      if (!parsed.success) throw new ProblemError(sealedOtherwise());
      const master = await masterKeyOf(parsed.data.sealed, passphrase, "backup");
      const content = master.ok ? openContent(master.value, parsed.data.sealed, "backup") : master;
      if (!content.ok) throw new ProblemError(sealedOtherwise());
      const opened: { readonly key: string; readonly bound: string } = JSON.parse(content.value);
      if (opened.bound !== bound.toString("base64")) throw new ProblemError(sealedOtherwise());
      return Buffer.from(opened.key, "base64");
    },
  };
}
