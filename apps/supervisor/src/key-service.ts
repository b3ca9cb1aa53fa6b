import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { failed, ok, type Platform, type Problem, type Result } from "@baton/core";
import { type Base, logPathOf, portEnv, readyProgram } from "./base.ts";
import { ManagedProgram, type ProgramSnapshot } from "./managed-program.ts";
import { OWN_SECRETS, type Secrets } from "./secrets.ts";

const HEALTH_TIMEOUT_MS = 30_000;

/** How the key file is opened: by a passphrase given from outside, or by the one in the state folder. */
export type Passphrase = { readonly kind: "given"; readonly value: string } | { readonly kind: "stored" };

const keyFile = (stateDir: string) => join(stateDir, "keys", "keys.sealed");

/**
 * Finds the passphrase: the given one, else the stored one, else a new one where there is no key file yet. A key file whose
 * passphrase is nowhere is refused (`BATON-KEYS-PASSPHRASE`): a new passphrase could never open it.
 */
export async function findPassphrase(
  stateDir: string,
  given: string | undefined,
  secrets: Secrets,
): Promise<Result<Passphrase>> {
  if (given !== undefined && given !== "") {
    secrets.give(OWN_SECRETS.keys, given);
    return ok({ kind: "given", value: given });
  }
  const sealed = (await stat(keyFile(stateDir)).catch(() => null)) !== null;
  if (sealed && !(await secrets.stored(OWN_SECRETS.keys))) {
    const problem: Problem = {
      code: "BATON-KEYS-PASSPHRASE",
      message: "The key file of this state folder was made with a passphrase of yours, and none is given.",
      remedy: "Set BATON_KEYS_PASSPHRASE to it and start again.",
    };
    return failed(problem);
  }
  await secrets.ensure(OWN_SECRETS.keys);
  return ok({ kind: "stored" });
}

/** The key service as a program: sealed key file, tokens of the platform's secrets. */
export function keyService(
  base: Base,
  port: number,
  passphrase: Passphrase,
  left: ProgramSnapshot | undefined,
): ManagedProgram {
  const main = fileURLToPath(import.meta.resolve("@baton/adapters/keys/main"));
  const secretFile = join(base.stateDir, "secrets", OWN_SECRETS.keys);
  return new ManagedProgram(
    {
      name: "keys",
      logPath: logPathOf(base, "keys"),
      ready: async () =>
        readyProgram(
          base,
          [main],
          {},
          {
            ...portEnv({ http: port }),
            SERVICE_NAME: "keys",
            KEYS_FILE: keyFile(base.stateDir),
            KEYS_TOKENS: JSON.stringify(tokens(base.platform.keys.tokens, base.templates.secret)),
            ...(passphrase.kind === "given"
              ? { BATON_KEYS_PASSPHRASE: passphrase.value }
              : { KEYS_PASSPHRASE_FILE: secretFile }),
          },
        ),
      healthUrl: `http://127.0.0.1:${port}/v1/sys/health`,
      healthTimeoutMs: HEALTH_TIMEOUT_MS,
    },
    base.host,
    left,
  );
}

const tokens = (rights: Platform["keys"]["tokens"], secret: (name: string) => string | null) =>
  Object.fromEntries(Object.entries(rights).map(([name, may]) => [name, { token: secret(name) ?? "", may }]));
