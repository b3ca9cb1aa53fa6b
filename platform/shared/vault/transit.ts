import { setTimeout as pause } from "node:timers/promises";
import { VaultError } from "./errors.ts";

export interface TransitOptions {
  /** Base URL of the key service, Vault's transit API under `/v1`. */
  readonly transitUrl: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
}

/** The two calls of the key service that the envelope needs. */
export interface Transit {
  wrap(key: string, plaintext: Buffer, associatedData: Buffer): Promise<string>;
  unwrap(key: string, wrapped: string, associatedData: Buffer): Promise<Buffer>;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 50;
const TIMEOUT_MS = 3_000;

/**
 * Speaks to the key service. A connection that breaks, a time-out and a 5xx are tried again, four times within about
 * 350 ms of pauses, so that one reset connection fails no read; then `vault.unavailable`. Both calls may be repeated safely.
 */
export function transit(options: TransitOptions): Transit {
  const call = (verb: "encrypt" | "decrypt", key: string, body: object) =>
    retried(() => post(options, `/v1/transit/${verb}/${encodeURIComponent(key)}`, body), key);
  return {
    async wrap(key, plaintext, associatedData) {
      const data = await call("encrypt", key, {
        plaintext: plaintext.toString("base64"),
        associated_data: associatedData.toString("base64"),
      });
      return field(data, "ciphertext", key);
    },
    async unwrap(key, wrapped, associatedData) {
      const data = await call("decrypt", key, {
        ciphertext: wrapped,
        associated_data: associatedData.toString("base64"),
      });
      return Buffer.from(field(data, "plaintext", key), "base64");
    },
  };
}

async function retried(attempt: () => Promise<Answer>, key: string): Promise<unknown> {
  let reason = "";
  for (let n = 0; n < ATTEMPTS; n += 1) {
    if (n > 0) await pause(FIRST_PAUSE_MS * 2 ** (n - 1));
    const answer = await attempt();
    if (answer.kind === "data") return answer.data;
    reason = answer.reason;
    if (answer.kind === "refused")
      throw new VaultError("vault.refused", `The key service refused a call for ${key}: ${reason}.`, { key });
  }
  throw new VaultError("vault.unavailable", `The key service does not answer: ${reason}.`, { key });
}

type Answer =
  | { readonly kind: "data"; readonly data: unknown }
  | { readonly kind: "again" | "refused"; readonly reason: string };

async function post(options: TransitOptions, path: string, body: object): Promise<Answer> {
  let response: Response;
  try {
    response = await (options.fetch ?? fetch)(new URL(path, options.transitUrl), {
      method: "POST",
      headers: { "content-type": "application/json", "x-vault-token": options.token },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return { kind: "data", data: await response.json() };
    await response.body?.cancel();
  } catch (error) {
    return { kind: "again", reason: error instanceof Error ? error.name : "no connection" };
  }
  const again = response.status >= 500 || response.status === 429;
  return { kind: again ? "again" : "refused", reason: `status ${response.status}` };
}

function field(answer: unknown, name: string, key: string): string {
  const data = isRecord(answer) ? answer.data : undefined;
  const value = isRecord(data) ? data[name] : undefined;
  if (typeof value === "string") return value;
  throw new VaultError("vault.refused", `The key service's answer holds no ${name}.`, { key });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
