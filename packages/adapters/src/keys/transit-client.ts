import { setTimeout as pause } from "node:timers/promises";
import { failed, type KeyInfo, type KeysPort, ok, type Problem, type Result } from "@baton/core";
import { z } from "zod";
import { keyProblems, validKeyName } from "./problems.ts";

export interface TransitClientOptions {
  /** Base URL; the transit engine is expected under `/v1/transit`. */
  readonly url: string;
  readonly token: string;
  /** For one call, milliseconds. */
  readonly timeoutMs?: number;
  /** How often a call is made at most, 3. */
  readonly tries?: number;
}

const DescribeAnswer = z.object({
  data: z.object({ name: z.string(), latest_version: z.int(), min_decryption_version: z.int() }),
});
const WrapAnswer = z.object({ data: z.object({ ciphertext: z.string() }) });
const UnwrapAnswer = z.object({ data: z.object({ plaintext: z.base64() }) });
const Errors = z.object({ errors: z.array(z.string()) });

const TRIES = 3;

/**
 * Keys in a transit engine over HTTP: Baton's own key service, Vault or OpenBao. Every call but `rotate` is safe to repeat, so a broken
 * connection, a time-out or a 5xx is tried three times; then `BATON-KEYS-UNREACHABLE`. The token is in no problem.
 */
export function createTransitKeys(options: TransitClientOptions): KeysPort {
  const call = (method: string, path: string, body?: object) => retried(options, method, path, body);
  const named = async <T>(name: string, work: (path: string) => Promise<Result<T>>): Promise<Result<T>> =>
    validKeyName(name) ? work(encodeURIComponent(name)) : failed(keyProblems.name(name));

  const describe = (name: string) =>
    named(name, async (path): Promise<Result<KeyInfo | null>> => {
      const answer = await call("GET", `keys/${path}`);
      if (!answer.ok) return answer;
      if (answer.value.status === 404) return ok(null);
      if (answer.value.status !== 200) return failed(refusal(answer.value, name, "read this key"));
      const parsed = DescribeAnswer.safeParse(answer.value.body);
      if (!parsed.success) return failed(keyProblems.answer("it describes no key"));
      const { latest_version, min_decryption_version } = parsed.data.data;
      return ok({ name, latestVersion: latest_version, minDecryptionVersion: min_decryption_version });
    });

  const port: KeysPort = {
    describe,
    create: (name) =>
      named(name, async (path) => {
        const answer = await call("POST", `keys/${path}`, { type: "aes256-gcm96" });
        if (!answer.ok) return answer;
        if (answer.value.status >= 300) return failed(refusal(answer.value, name, "create keys"));
        const info = await describe(name);
        if (!info.ok) return info;
        return info.value === null
          ? failed(keyProblems.answer("a created key is not there"))
          : ok(info.value);
      }),
    remove: (name) =>
      named(name, async (path) => {
        const found = await describe(name);
        if (!found.ok) return found;
        if (found.value === null) return ok(undefined);
        // Vault deletes only what was set free to be deleted.
        const allowed = await call("POST", `keys/${path}/config`, { deletion_allowed: true });
        if (!allowed.ok) return allowed;
        if (allowed.value.status >= 300) return failed(refusal(allowed.value, name, "remove keys"));
        const answer = await call("DELETE", `keys/${path}`);
        if (!answer.ok) return answer;
        const gone = answer.value.status < 300 || answer.value.status === 404;
        return gone ? ok(undefined) : failed(refusal(answer.value, name, "remove keys"));
      }),
    wrap: (name, plaintext, associatedData) =>
      named(name, async (path) => {
        const answer = await call("POST", `encrypt/${path}`, {
          plaintext: base64(plaintext),
          associated_data: base64(associatedData),
        });
        if (!answer.ok) return answer;
        if (answer.value.status !== 200) return failed(refusal(answer.value, name, "wrap"));
        const parsed = WrapAnswer.safeParse(answer.value.body);
        return parsed.success ? ok(parsed.data.data.ciphertext) : failed(keyProblems.answer("no ciphertext"));
      }),
    unwrap: (name, wrapped, associatedData) =>
      named(name, async (path) => {
        const answer = await call("POST", `decrypt/${path}`, {
          ciphertext: wrapped,
          associated_data: base64(associatedData),
        });
        if (!answer.ok) return answer;
        if (answer.value.status === 400 && !isMissing(answer.value)) return failed(keyProblems.open(name));
        if (answer.value.status !== 200) return failed(refusal(answer.value, name, "unwrap"));
        const parsed = UnwrapAnswer.safeParse(answer.value.body);
        return parsed.success
          ? ok(Buffer.from(parsed.data.data.plaintext, "base64"))
          : failed(keyProblems.answer("no plaintext"));
      }),
    rotate: (name) =>
      named(name, async (path) => {
        // Never tried again by itself: a rotation whose answer was lost has been done, and would be done twice.
        const answer = await retried({ ...options, tries: 1 }, "POST", `keys/${path}/rotate`, {});
        if (!answer.ok) return answer;
        if (answer.value.status >= 300) return failed(refusal(answer.value, name, "rotate keys"));
        return there(name, await describe(name));
      }),
    rewrap: (name, wrapped, associatedData) =>
      named(name, async (path) => {
        const answer = await call("POST", `rewrap/${path}`, {
          ciphertext: wrapped,
          associated_data: base64(associatedData),
        });
        if (!answer.ok) return answer;
        const parsed = WrapAnswer.safeParse(answer.value.body);
        if (answer.value.status === 200 && parsed.success) return ok(parsed.data.data.ciphertext);
        if (answer.value.status === 403) return failed(refusal(answer.value, name, "rewrap"));
        // Vault's own rewrap takes no associated data, and cannot open what was wrapped with some.
        const opened = await port.unwrap(name, wrapped, associatedData);
        return opened.ok ? port.wrap(name, opened.value, associatedData) : opened;
      }),
    setMinDecryptionVersion: (name, version) =>
      named(name, async (path) => {
        const answer = await call("POST", `keys/${path}/config`, { min_decryption_version: version });
        if (!answer.ok) return answer;
        if (answer.value.status === 400 && !isMissing(answer.value))
          return failed(keyProblems.version(name, version));
        if (answer.value.status >= 300) return failed(refusal(answer.value, name, "configure keys"));
        const info = there(name, await describe(name));
        if (!info.ok || info.value.minDecryptionVersion === version) return info;
        return failed(keyProblems.version(name, version));
      }),
  };
  return port;
}

/** A key that must be there, since something was just done to it. */
function there(name: string, info: Result<KeyInfo | null>): Result<KeyInfo> {
  if (!info.ok) return info;
  return info.value === null ? failed(keyProblems.missing(name)) : ok(info.value);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function retried(
  options: TransitClientOptions,
  method: string,
  path: string,
  body?: object,
): Promise<Result<Answer>> {
  let why = "";
  for (let tries = 0; tries < (options.tries ?? TRIES); tries += 1) {
    if (tries > 0) await pause(100 * tries);
    try {
      const response = await fetch(new URL(`/v1/transit/${path}`, options.url), {
        method,
        headers: {
          "x-vault-token": options.token,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(options.timeoutMs ?? 5_000),
      });
      const text = await response.text();
      if (response.status < 500) return ok({ status: response.status, body: parsedJson(text) });
      why = `status ${response.status}`;
    } catch (error) {
      why = causeOf(error);
    }
  }
  return failed(keyProblems.unreachable(why));
}

function parsedJson(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

const isMissing = (answer: Answer): boolean => {
  const parsed = Errors.safeParse(answer.body);
  return parsed.success && parsed.data.errors.some((error) => /key not found|no existing key/.test(error));
};

function refusal(answer: Answer, name: string, what: string): Problem {
  if (answer.status === 403) return keyProblems.denied(what);
  if (answer.status === 404 || isMissing(answer)) return keyProblems.missing(name);
  return keyProblems.answer(`status ${answer.status}`);
}

/** The reason of a failed call, without anything the request carried. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return "no connection";
  const cause = error.cause;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return error.name === "TimeoutError" ? "no answer in time" : "no connection";
}
