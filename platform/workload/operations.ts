import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { Bundle, BundlePage, PromptPage, ReadPrompt, Written } from "./answers.ts";
import { digestOf, promptBody } from "./bodies.ts";
import type { ApiAnswer, ApiRequest, GatewayClient } from "./gateway-client.ts";
import type { Ledger } from "./ledger.ts";
import type { Change, WriteIntent } from "./prompt-book.ts";
import type { PromptLocks } from "./prompt-locks.ts";

/** Prompts of this name were made by a workload; whoever meets one in a list leaves it to its ledger. */
const NAME_PREFIX = "workload ";
const PAGE = 50;
const NONE = "";

/** Who acts, with a token that is good now. */
export interface Caller {
  readonly tenant: string;
  readonly username: string;
  readonly token: string;
}

/** A request that has ended: what was asked, what came back, and what was wrong with it (null: nothing). */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly error: string | null;
}

/** What operations share. `random` returns 0 to below 1; `now` is the time in milliseconds. */
export interface OperationParts {
  readonly client: GatewayClient;
  readonly ledger: Ledger;
  readonly locks: PromptLocks;
  readonly random: () => number;
  readonly now: () => number;
}

/** What users do, one request each. Each returns the request's exchange; reads compare what they read with the book. */
export class Operations {
  readonly #parts: OperationParts;
  /** Bundle to write into by tenant; `NONE` where the tenant has none yet. */
  readonly #bundles = new Map<string, string>();

  constructor(parts: OperationParts) {
    this.#parts = parts;
  }

  /** Reads one page of the tenant's prompts. `found` are ids nobody has in hand yet; `cursor` is where the next page begins. */
  async list(
    caller: Caller,
    cursor: string | null,
  ): Promise<{ exchange: Exchange; cursor: string | null; found: readonly string[] }> {
    const query = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { exchange, value } = await this.#call(
      caller,
      "GET",
      `/v1/prompts?limit=${PAGE}${query}`,
      200,
      PromptPage,
    );
    if (value === null) return { exchange, cursor: null, found: [] };
    const stuck = cursor !== null && value.nextCursor === cursor;
    const found = value.items
      .filter((item) => !item.name.startsWith(NAME_PREFIX) && !this.#parts.ledger.book.has(item.id))
      .map((item) => item.id);
    const error = stuck ? "the next cursor is the one that was sent" : exchange.error;
    return { exchange: { ...exchange, error }, cursor: stuck ? null : value.nextCursor, found };
  }

  /** One request towards the bundle into which a tenant's users write: finds one, or makes one. Null: it is known already. */
  async bundle(caller: Caller): Promise<Exchange | null> {
    const known = this.#bundles.get(caller.tenant);
    if (known === undefined) {
      const listed = await this.#call(caller, "GET", "/v1/bundles?limit=1", 200, BundlePage);
      if (listed.value !== null) this.#bundles.set(caller.tenant, listed.value.items[0]?.id ?? NONE);
      return listed.exchange;
    }
    if (known !== NONE) return null;
    const name = `${NAME_PREFIX}${randomUUID()}`;
    const made = await this.#call(caller, "POST", "/v1/bundles", 201, Bundle, { name });
    if (made.value !== null) this.#bundles.set(caller.tenant, made.value.id);
    return made.exchange;
  }

  /** Reads the newest version of a prompt, whose lock the caller holds, and takes it in hand where it is new. */
  async readNewest(caller: Caller, prompt: string): Promise<Exchange> {
    const { exchange, value } = await this.#call(caller, "GET", `/v1/prompts/${prompt}`, 200, ReadPrompt);
    if (value === null) return exchange;
    const digest = digestOf(value.body);
    const book = this.#parts.ledger.book;
    const wrong =
      value.id === prompt ? book.judgeNewest(prompt, value.version, digest) : "the answer is another prompt";
    if (wrong === null) book.adopt(caller.tenant, prompt, value.version, digest);
    return { ...exchange, error: wrong };
  }

  /** Reads one version of a prompt, whose lock the caller holds. A version that must not be there may be absent. */
  async readVersion(caller: Caller, prompt: string, version: number): Promise<Exchange> {
    const path = `/v1/prompts/${prompt}/versions/${version}`;
    const { exchange, value } = await this.#call(caller, "GET", path, 200, ReadPrompt);
    const book = this.#parts.ledger.book;
    if (exchange.status === 404) {
      const gone = book.judgeVersion(prompt, version, null);
      return { ...exchange, error: gone };
    }
    if (value === null) return exchange;
    const same = value.id === prompt && value.version === version;
    const error = same
      ? book.judgeVersion(prompt, version, digestOf(value.body))
      : "the answer is another version";
    return { ...exchange, error };
  }

  /** Makes a prompt in the tenant's bundle. */
  async create(caller: Caller): Promise<Exchange> {
    const bundleId = this.#bundles.get(caller.tenant);
    const name = `${NAME_PREFIX}${randomUUID()}`;
    const body = promptBody(name, this.#parts.random);
    return this.#write(caller, "create", null, "POST", "/v1/prompts", body, { bundleId, name, body });
  }

  /** Changes a prompt, whose lock the caller holds: in place, or by one more version. */
  async change(caller: Caller, prompt: string, change: "amend" | "version"): Promise<Exchange> {
    const body = promptBody(`${change} by ${caller.username}`, this.#parts.random);
    return change === "amend"
      ? this.#write(caller, change, prompt, "PUT", `/v1/prompts/${prompt}`, body, { body })
      : this.#write(caller, change, prompt, "POST", `/v1/prompts/${prompt}/versions`, body, { body });
  }

  /** The ledger hears of a write before the platform does, and of its acknowledgement before it counts. */
  async #write(
    caller: Caller,
    change: Change,
    prompt: string | null,
    method: "POST" | "PUT",
    path: string,
    text: string,
    body: unknown,
  ): Promise<Exchange> {
    const { ledger, now } = this.#parts;
    const newest = prompt === null ? null : ledger.book.newest(prompt);
    const version = newest === null ? null : change === "version" ? newest + 1 : newest;
    const intent = ledger.begin({ tenant: caller.tenant, change, prompt, version, digest: digestOf(text) });
    const expected = method === "PUT" ? 200 : 201;
    const { exchange, value } = await this.#call(caller, method, path, expected, Written, body);
    const wrong = value === null ? exchange.error : this.#misread(intent, value);
    if (value === null || wrong !== null) {
      ledger.book.leave(intent, now());
      return { ...exchange, error: wrong };
    }
    ledger.acknowledge(intent, value.id, value.version);
    return exchange;
  }

  /** What is wrong with an acknowledgement; null: nothing. */
  #misread(intent: WriteIntent, written: z.infer<typeof Written>): string | null {
    if (written.digest !== intent.digest) return "the acknowledged digest is not that of the body sent";
    if (intent.prompt !== null && written.id !== intent.prompt) return "another prompt was acknowledged";
    if (intent.prompt === null && this.#parts.ledger.book.has(written.id))
      return "the new prompt's id is taken";
    if (!this.#parts.ledger.book.expects(intent, written.version)) {
      return `version ${written.version} was acknowledged, ${intent.version ?? 1} was expected`;
    }
    return null;
  }

  async #call<Answer extends z.ZodType>(
    caller: Caller,
    method: ApiRequest["method"],
    path: string,
    expected: number,
    answer: Answer,
    body?: unknown,
  ): Promise<{ exchange: Exchange; value: z.output<Answer> | null }> {
    const got = await this.#parts.client.send({
      method,
      path,
      token: caller.token,
      ...(body === undefined ? {} : { body }),
    });
    const parsed = got.status === expected ? answer.safeParse(got.body) : null;
    const value = parsed?.success ? parsed.data : null;
    return { exchange: { method, path, status: got.status, error: fault(got, expected, value) }, value };
  }
}

function fault(got: ApiAnswer, expected: number, value: unknown): string | null {
  if (got.status !== expected) return got.error ?? `status ${got.status}, expected ${expected}`;
  return value === null ? "the answer's form is not the expected one" : null;
}
