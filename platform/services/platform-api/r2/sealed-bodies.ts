import type pg from "pg";
import type { ApiError } from "../../../shared/api-error.ts";
import type { Dek, PromptVault } from "../../../shared/vault/types.ts";
import { type Bodies, type BodyWriter, WriteAgain } from "../core/bodies.ts";
import { plainBodies, plainWriter } from "../core/plain-bodies.ts";
import { readSealed } from "./read-sealed.ts";
import { beginAtStage, isUndefined, reached } from "./stage.ts";
import { keysUnavailable } from "./vault-answer.ts";
import { amendSealed, appendSealed, type Sealing } from "./write-sealed.ts";

/**
 * Keeps texts as the tenant's stage asks: plain below dual-write; plain and sealed from dual-write on; read from the
 * sealed side from switch on, as long as it was made from the very revision that stands beside it.
 */
export function sealedBodies(vault: PromptVault): Bodies {
  return {
    writer: async (pool, tenant, bundle) => {
      const key = await bundleKey(vault, pool, tenant, bundle);
      return stagedWriter(key, (dek, keepPlain) => ({ vault, tenant, bundle, dek, keepPlain }));
    },
    read: async (pool, tenant, prompt, version) => {
      try {
        return await readSealed(vault, pool, tenant, prompt, version);
      } catch (error) {
        if (!isUndefined(error)) throw keysUnavailable(error) ?? error;
        return plainBodies.read(pool, tenant, prompt, version);
      }
    },
  };
}

/** The bundle's key, or why there is none; a write at a stage that needs no key does not care. */
type BundleKey = { readonly dek: Dek } | { readonly dek: undefined; readonly refusal: ApiError | WriteAgain };

/** The bundle's key, made and committed before the write's transaction begins. */
async function bundleKey(
  vault: PromptVault,
  pool: pg.Pool,
  tenant: string,
  bundle: string,
): Promise<BundleKey> {
  try {
    return { dek: await vault.dekForBundle(pool, tenant, bundle) };
  } catch (error) {
    const refusal = isUndefined(error)
      ? new WriteAgain("the tenant reached dual-write after this write was prepared")
      : keysUnavailable(error);
    if (refusal === undefined) throw error;
    return { dek: undefined, refusal };
  }
}

/** A writer that learns the stage when its transaction begins. */
function stagedWriter(key: BundleKey, sealingWith: (dek: Dek, keepPlain: boolean) => Sealing): BodyWriter {
  let sealing: Sealing | undefined;
  return {
    begin: async (client) => {
      sealing = undefined;
      const stage = await beginAtStage(client);
      if (!reached(stage, "dual-write")) return;
      if (key.dek === undefined) throw key.refusal;
      sealing = sealingWith(key.dek, !reached(stage, "contract"));
    },
    append: (client, prompt, body, author) =>
      sealing === undefined
        ? plainWriter.append(client, prompt, body, author)
        : appendSealed(client, sealing, prompt, body, author),
    amend: (client, prompt, body, expected) =>
      sealing === undefined
        ? plainWriter.amend(client, prompt, body, expected)
        : amendSealed(client, sealing, prompt, body, expected),
  };
}
