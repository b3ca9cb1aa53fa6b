import { describe, expect, test } from "vitest";
import { configuredProvider } from "./configured-provider.ts";
import { publicUrlProblem } from "./public-url.ts";

const identity = {
  issuer: "https://id.test/oidc",
  clientId: "baton",
  clientSecret: "THE_SECRET",
  scopes: ["openid"],
};
const codesOf = (result: ReturnType<typeof configuredProvider>) =>
  result.ok ? [] : result.problems.map(({ code, message }) => `${code} ${message}`);

describe("the identity provider", () => {
  test("is the built-in one where nothing names another", () => {
    expect(configuredProvider(undefined, {})).toEqual({ ok: true, value: null });
  });

  test("is the platform's, with the secret out of its variable", () => {
    expect(configuredProvider(identity, { THE_SECRET: "s" })).toMatchObject({
      value: { issuer: identity.issuer, clientId: "baton", clientSecret: "s" },
    });
    expect(codesOf(configuredProvider(identity, {}))).toEqual([
      "BATON-ACCESS-SETTINGS identity.clientSecret names the variable THE_SECRET, which is not set.",
    ]);
  });

  test("is the variables' before the platform's, whole or not at all", () => {
    const env = { BATON_OIDC_ISSUER: "https://other.test", BATON_OIDC_CLIENT_ID: "c" };
    expect(configuredProvider(identity, env)).toEqual({
      ok: true,
      value: {
        ...{ issuer: "https://other.test", clientId: "c", clientSecret: null },
        scopes: ["openid", "profile", "email"],
      },
    });
    expect(codesOf(configuredProvider(identity, { BATON_OIDC_ISSUER: "http://other.test" }))).toEqual([
      "BATON-ACCESS-SETTINGS BATON_OIDC_ISSUER is missing or no good.",
      "BATON-ACCESS-SETTINGS BATON_OIDC_CLIENT_ID is missing or no good.",
    ]);
  });
});

describe("where people reach the server", () => {
  test.each([
    ["http://127.0.0.1:7070", true],
    ["http://localhost:7070", true],
    ["http://[::1]:7070", false],
    ["https://baton.test", false],
    ["https://127.0.0.1", true],
  ])("%s is fine", (url, builtIn) => {
    expect(publicUrlProblem(url, builtIn)).toBeNull();
  });

  test.each([
    ["http://baton.test", false],
    ["http://127.0.0.1.evil.test", false],
    ["https://baton.test", true],
    ["https://baton.test/baton", false],
    ["https://user:pw@baton.test", false],
    ["ftp://baton.test", false],
    ["baton.test", false],
    ["", false],
  ])("%j is refused", (url, builtIn) => {
    expect(publicUrlProblem(url, builtIn)?.code).toBe("BATON-ACCESS-PUBLIC-URL");
  });
});
