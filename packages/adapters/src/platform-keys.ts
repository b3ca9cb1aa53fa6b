import { failed, type KeysPort, ok, type Platform, type ResolvePort, type Result } from "@baton/core";
import { createTransitKeys } from "./keys/transit-client.ts";

/**
 * Keys where the running platform says they are, asked with the token that may manage them. Address and token are looked up
 * for each call: the service may have moved since. Code of its own: `BATON-KEYS-TOKEN`.
 */
export function createPlatformKeys(tokens: Platform["keys"]["tokens"], resolve: ResolvePort): KeysPort {
  const manager = Object.entries(tokens).find(([, rights]) => rights.includes("manage"))?.[0];
  const connect = async (): Promise<Result<KeysPort>> => {
    if (manager === undefined) {
      return failed({
        code: "BATON-KEYS-TOKEN",
        message: "The platform gives no token the right to manage keys.",
        remedy: "Add a secret with `manage` to `keys.tokens` in platform.yaml.",
      });
    }
    const url = await resolve.text("${keys.url}");
    if (!url.ok) return url;
    const token = await resolve.text(`\${secret.${manager}}`);
    return token.ok ? ok(createTransitKeys({ url: url.value, token: token.value })) : token;
  };
  const using = async <T>(work: (keys: KeysPort) => Promise<Result<T>>): Promise<Result<T>> => {
    const keys = await connect();
    return keys.ok ? work(keys.value) : keys;
  };
  return {
    describe: (name) => using((keys) => keys.describe(name)),
    create: (name) => using((keys) => keys.create(name)),
    remove: (name) => using((keys) => keys.remove(name)),
    wrap: (name, plaintext, data) => using((keys) => keys.wrap(name, plaintext, data)),
    unwrap: (name, wrapped, data) => using((keys) => keys.unwrap(name, wrapped, data)),
    rotate: (name) => using((keys) => keys.rotate(name)),
    rewrap: (name, wrapped, data) => using((keys) => keys.rewrap(name, wrapped, data)),
    setMinDecryptionVersion: (name, version) => using((keys) => keys.setMinDecryptionVersion(name, version)),
  };
}
