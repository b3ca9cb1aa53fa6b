import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connectionSecrets } from "./connection-secrets.ts";
import { createRedactor, redact, redactJson } from "./redact.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const CANARY = 'kanarie"n/vogel+geel é\\7';

const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (s) => s,
  "percent-encoded": encodeURIComponent,
  "percent-encoded as a whole URL's part": (s) => new URL(`http://h/?q=${encodeURIComponent(s)}`).search,
  "percent-encoded twice": (s) => encodeURIComponent(encodeURIComponent(s)),
  "as a form": (s) => new URLSearchParams({ q: s }).toString(),
  "as an address's password": (s) => Object.assign(new URL("postgresql://u@h/d"), { password: s }).href,
  "escaped for JSON": (s) => JSON.stringify(s),
  "escaped for JSON twice": (s) => JSON.stringify(JSON.stringify({ a: [s] })),
  "in base64": base64,
  "in base64url": (s) => Buffer.from(s).toString("base64url"),
  "in base64, percent-encoded": (s) => encodeURIComponent(base64(s)),
  "in the base64 of a longer text": (s) => base64(`user:${s}`),
  "in the base64 of a longer text, one on": (s) => base64(`users:${s}, and more`),
  "in the base64 of a longer text, two on": (s) => base64(`a user:${s}; and more`),
  "in hex": (s) => `\\x${Buffer.from(s).toString("hex")}`,
  "split by a colour": (s) => `${s.slice(0, 3)}\u001b[31m${s.slice(3)}\u001b[0m`,
  "split by a colour, escaped for JSON": (s) => JSON.stringify(`${s.slice(0, 3)}\u001b[1;31m${s.slice(3)}`),
};

describe("a secret that is known", () => {
  test.each(Object.entries(FORMS))("is taken out %s", (_, form) => {
    const text = `before ${form(CANARY)} after`;
    const clean = redact(text, [CANARY]);
    expect(clean).toMatch(/^before .*\[secret\].* after$/);
    expect(clean).not.toContain(form(CANARY));
    expect(clean).not.toContain("vogel");
  });

  test("is taken out whatever it is made of, in every form, wherever it stands", () => {
    const secret = fc.string({ unit: "grapheme", minLength: 8, maxLength: 40 }).filter((s) => s.trim() === s);
    fc.assert(
      fc.property(
        secret,
        fc.string({ maxLength: 9 }),
        fc.constantFrom(...Object.values(FORMS)),
        (s, around, form) => {
          const written = form(s);
          expect(redact(`${around} ${written} ${around}`, [s])).not.toContain(written);
        },
      ),
    );
  });

  test("goes whole where another one begins like it", () => {
    expect(redact("abcd-efgh", ["abcd", "abcd-efgh"])).toBe("[secret]");
  });

  test("of less than four characters is none", () => {
    expect(redact("abc", ["abc"])).toBe("abc");
  });
});

describe("what looks like a secret", () => {
  test.each([
    ["postgres://baton:hunter2@h:5432/d", "postgres://baton:[secret]@h:5432/d"],
    ["redis://:hunter2@h", "redis://:[secret]@h"],
    ["authorization: Bearer abc.def-123456", "authorization: Bearer [secret]"],
    ["Basic dXNlcjpodW50ZXIy", "Basic [secret]"],
    ["host=h password=hunter2 user=u", "host=h password=[secret] user=u"],
    ["host=h password='hunter 2' user=u", "host=h password='[secret]' user=u"],
    ['{"dbPassword":"hunter\\"2","port":5}', '{"dbPassword":"[secret]","port":5}'],
    ['"{\\"api_key\\":\\"hunter2\\",\\"a\\":1}"', '"{\\"api_key\\":\\"[secret]\\",\\"a\\":1}"'],
    ["PGPASSWORD=hunter2", "PGPASSWORD=[secret]"],
    ["x-vault-token: hvs.CAESIJ0123456789abcdefgh", "x-vault-token: [secret]"],
    ["used s.abcdefghijklmnopqrstuv12 there", "used [secret] there"],
    [`used baton_${"aB3_-x".repeat(7)}z there`, "used [secret] there"],
    ["Set-Cookie: sid=abcdef; Path=/", "Set-Cookie: [secret]"],
    ['"set-cookie":["sid=abcdef; Path=/"]', '"set-cookie":["[secret]"]'],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.abc-def", "[secret]"],
    ["Key (token)=(hunter2) already exists.", "Key (token)=([secret]) already exists."],
    ["password: \u001b[31mhunter2\u001b[0m", "password: [secret]"],
    [
      "a -----BEGIN PRIVATE KEY-----\nMIIE\nvQ==\n-----END PRIVATE KEY----- b",
      "a -----BEGIN PRIVATE KEY-----[secret]-----END PRIVATE KEY----- b",
    ],
    ["-----BEGIN EC PRIVATE KEY-----\\nMIIEvQ", "-----BEGIN EC PRIVATE KEY-----[secret]"],
  ])("%s", (dirty, clean) => {
    expect(redact(dirty, [])).toBe(clean);
    expect(redact(clean, [])).toBe(clean);
  });

  test.each([
    "http://127.0.0.1:8000/v1/prompts?by=a@b",
    "password: ${secret.shared-db}",
    '"token":null',
    "max_tokens=4000",
    "BATON-SUPERVISOR-TOKEN: The supervisor refused",
    "password authentication failed for user u",
    "basic functions",
    "\u001b[32m✓ done\u001b[0m",
  ])("is not seen in: %s", (harmless) => {
    expect(redact(harmless, [])).toBe(harmless);
  });
});

test("a long text that might be names, addresses or keys throughout is gone through in one go", () => {
  // Not measured: a pattern that tries again from every place would not come to its end.
  for (const piece of ["password", "token=", "a.", "a:", "x://", "-----BEGIN PRIVATE KEY-----"])
    redact(piece.repeat(1_000_000 / piece.length), ["another"]);
});

test("a redactor tells what it took out", () => {
  const redactor = createRedactor([{ name: "secret internal", value: "hunter22" }]);
  expect(redactor("hunter22 hunter22 Bearer abcdefgh1")).toEqual({
    value: "[secret] [secret] Bearer [secret]",
    removed: { "secret internal": 2, authorization: 1 },
  });
});

test("JSON is redacted in texts, names and fields that say what they hold", () => {
  const redactor = createRedactor([{ name: "one", value: "hunter22" }]);
  const dirty = { a: ["x hunter22", 5], password: "abc", hunter22: null, tokens: 7, token: "${secret.a}" };
  expect(redactJson(dirty, redactor)).toEqual({
    value: { a: ["x [secret]", 5], password: "[secret]", "[secret]": null, tokens: 7, token: "${secret.a}" },
    removed: { one: 2, "value of a secret's name": 1 },
  });
});

test("a connection string is secret as a whole, and its password as written and as meant", () => {
  expect(connectionSecrets("postgres://u:a%40b@h/d")).toEqual(["postgres://u:a%40b@h/d", "a%40b", "a@b"]);
  expect(connectionSecrets("postgres://u:100%@h/d")).toEqual(["postgres://u:100%@h/d", "100%", "100%"]);
  expect(connectionSecrets("postgres://h/d")).toEqual(["postgres://h/d"]);
  expect(connectionSecrets(null)).toEqual([]);
});
