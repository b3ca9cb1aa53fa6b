import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { open, seal } from "./aead.ts";
import { lengthPrefixed } from "./binding.ts";
import { VaultError } from "./errors.ts";
import { BoundedCache } from "./lru.ts";
import { transit } from "./transit.ts";
import type { Dek, PromptContext, Sealed } from "./types.ts";

const dek = (bundle: string): Dek => ({ id: randomUUID(), bundle, key: randomBytes(32) });

const contexts = fc.record({
  tenant: fc.string({ minLength: 1, maxLength: 12 }),
  bundle: fc.uuid(),
  prompt: fc.uuid(),
  version: fc.integer({ min: 1, max: 1_000 }),
  column: fc.constant("body" as const),
  revision: fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String),
});
const texts = fc.string({ unit: "binary", maxLength: 300 }).map((text) => text.toWellFormed());

const refuses = (dekUsed: Dek, context: PromptContext, sealed: Sealed): void => {
  let caught: unknown;
  try {
    open(dekUsed, context, sealed);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(VaultError);
  expect(caught).toMatchObject({ code: "vault.open_failed" });
};

describe("P022 envelope encryption of prompts", () => {
  test("what is sealed opens to the same text in the same place", () => {
    fc.assert(
      fc.property(contexts, texts, (context, text) => {
        const key = dek(context.bundle);
        expect(open(key, context, seal(key, context, text))).toBe(text);
      }),
    );
  });

  test("P022 a swapped tenant, bundle, prompt, version, revision or data key fails to open", () => {
    fc.assert(
      fc.property(contexts, contexts, texts, (context, other, text) => {
        const key = dek(context.bundle);
        const sealed = seal(key, context, text);
        for (const field of ["tenant", "bundle", "prompt", "version", "revision"] as const) {
          if (context[field] === other[field]) continue;
          refuses(key, { ...context, [field]: other[field] }, sealed);
        }
        refuses({ ...key, key: randomBytes(32) }, context, sealed);
        refuses({ ...key, id: randomUUID() }, context, sealed);
        refuses(dek(context.bundle), context, { ...sealed });
      }),
    );
  });

  test("any changed byte of nonce, ciphertext, tag or commitment fails to open", () => {
    fc.assert(
      fc.property(contexts, texts, fc.nat(), fc.integer({ min: 1, max: 255 }), (context, text, at, mask) => {
        const key = dek(context.bundle);
        const sealed = seal(key, context, text);
        for (const part of ["nonce", "ciphertext", "commitment"] as const) {
          const bytes = Buffer.from(sealed[part]);
          const index = at % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ mask;
          refuses(key, context, { ...sealed, [part]: bytes });
          refuses(key, context, { ...sealed, [part]: sealed[part].subarray(1) });
        }
        refuses(key, context, { ...sealed, format: 2 });
      }),
    );
  });

  test("the same text is never sealed to the same bytes twice", () => {
    const context = contextOf();
    const key = dek(context.bundle);
    const first = seal(key, context, "once");
    const second = seal(key, context, "once");
    expect(first.nonce).not.toEqual(second.nonce);
    expect(first.ciphertext).not.toEqual(second.ciphertext);
  });

  test("different lists of fields never give the same associated data", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (left, right) => {
        const same = JSON.stringify(left) === JSON.stringify(right);
        expect(lengthPrefixed(left).equals(lengthPrefixed(right))).toBe(same);
      }),
    );
  });
});

describe("the key service as the vault calls it", () => {
  const data = (body: object) => new Response(JSON.stringify({ data: body }), { status: 200 });

  test("one reset connection does not fail a read", async () => {
    const answers: (() => Response)[] = [
      () => {
        throw new TypeError("fetch failed");
      },
      () => new Response("", { status: 503 }),
      () => data({ plaintext: Buffer.from("key").toString("base64") }),
    ];
    const keys = transit({
      transitUrl: "http://127.0.0.1:1",
      token: "t",
      fetch: async () => (answers.shift() ?? (() => data({})))(),
    });
    expect((await keys.unwrap("dcoder-x", "vault:v1:aa", Buffer.of())).toString()).toBe("key");
  });

  test("a key service that stays away is an error with a code, after a bounded number of calls", async () => {
    let calls = 0;
    const keys = transit({
      transitUrl: "http://127.0.0.1:1",
      token: "secret-token",
      fetch: async () => {
        calls += 1;
        throw new TypeError("fetch failed secret-token");
      },
    });
    const error = await keys.wrap("dcoder-x", Buffer.from("k"), Buffer.of()).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "vault.unavailable" });
    expect(String(error)).not.toContain("secret-token");
    expect(calls).toBe(4);
  });

  test("a refusal is not tried again", async () => {
    let calls = 0;
    const keys = transit({
      transitUrl: "http://127.0.0.1:1",
      token: "t",
      fetch: async () => {
        calls += 1;
        return new Response("{}", { status: 403 });
      },
    });
    await expect(keys.unwrap("dcoder-x", "w", Buffer.of())).rejects.toMatchObject({ code: "vault.refused" });
    expect(calls).toBe(1);
  });
});

test("the cache of data keys holds no more than its limit and forgets what was not asked for longest", () => {
  const cache = new BoundedCache<number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  expect(cache.get("a")).toBe(1);
  cache.set("c", 3);
  expect(cache.size).toBe(2);
  expect(cache.get("b")).toBeUndefined();
  expect(cache.get("a")).toBe(1);
});

const contextOf = (): PromptContext => ({
  tenant: "hale",
  bundle: randomUUID(),
  prompt: randomUUID(),
  version: 1,
  column: "body",
  revision: "7",
});
