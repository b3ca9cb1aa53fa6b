import { firstAdmin, readAccess } from "@baton/conductor";
import { generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type AccessServer, accessServer, environment } from "./access-server.ts";
import type { Answer, Browser } from "./browser.ts";
import { type FakeProvider, fakeProvider, type Minting } from "./fake-provider.ts";

let provider: FakeProvider;
let server: AccessServer;
beforeAll(async () => {
  provider = await fakeProvider();
  server = await accessServer({ provider, limits: { attempts: 1_000 } });
});
afterAll(async () => {
  await server.stop();
  await provider.stop();
});
afterEach(() => {
  provider.mint = () => undefined;
  provider.careless = false;
  provider.subject = { sub: "ann", name: "Ann" };
});

const signedIn = async (who: Browser): Promise<boolean> => (await who.get("/v1/view")).status !== 401;

/** Goes through the whole sign-in and gives the answer of the callback. */
async function callback(who: Browser, mint: FakeProvider["mint"] = () => undefined): Promise<Answer> {
  provider.mint = mint;
  return who.get(await who.openUntil("/auth/login", `${server.url}/auth/callback`));
}

/** Nobody is signed in, and the answer says so without repeating what came. */
async function refused(who: Browser, answer: Answer): Promise<void> {
  expect(answer.status).toBe(400);
  expect(answer.body).toContain("BATON-ACCESS-CALLBACK");
  expect(await signedIn(who)).toBe(false);
}

test("with any provider: code, PKCE, state and nonce; who has no role shows the code printed at the start", async () => {
  const own = await accessServer({ provider });
  try {
    const who = own.browser();
    const join = await who.open("/auth/login?return=/runs/r1");
    expect(join.url).toBe(`${own.url}/auth/join?return=%2Fruns%2Fr1`);
    expect((await who.post("/auth/join", { code: "nonsense", return: "/v1/view" })).status).toBe(403);
    const joined = await who.post("/auth/join", { code: own.firstCode ?? "", return: "/v1/view" });
    expect([joined.status, joined.headers.get("location")]).toEqual([303, "/v1/view"]);
    expect(JSON.parse((await who.get("/v1/administer")).body)).toEqual({
      principal: {
        kind: "person",
        id: `${provider.issuer}|ann`,
        name: "Ann",
        via: provider.issuer,
        scopes: null,
      },
    });
    const read = await readAccess(own.journal, environment);
    expect(read.ok && read.value.seq).toBe(1);
  } finally {
    await own.stop();
  }
});

test("an authorization request asks for a code alone, with a challenge, state and nonce of its own each time", async () => {
  const locations = await Promise.all(
    [1, 2].map(async () => (await server.browser().get("/auth/login")).headers.get("location") ?? ""),
  );
  const asked = locations.map((location) => Object.fromEntries(new URL(location).searchParams));
  for (const one of asked)
    expect(one).toMatchObject({
      response_type: "code",
      code_challenge_method: "S256",
      redirect_uri: `${server.url}/auth/callback`,
    });
  for (const name of ["state", "nonce", "code_challenge"])
    expect(new Set(asked.map((one) => one[name])).size).toBe(2);
});

const minted = (change: (claims: Minting["claims"]) => void) => (minting: Minting) => {
  change(minting.claims);
  return undefined;
};
const past = () => Math.floor(Date.now() / 1_000) - 3_600;

const unsigned = (header: object, claims: object): string =>
  `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.`;

/** What a provider, or whoever stands in for it, might answer with. */
const BAD_TOKENS: readonly (readonly [string, FakeProvider["mint"]])[] = [
  ["expired", minted((claims) => Object.assign(claims, { iat: past() - 60, exp: past() }))],
  ["of another issuer", minted((claims) => Object.assign(claims, { iss: "https://elsewhere.test" }))],
  ["for another client", minted((claims) => Object.assign(claims, { aud: "another" }))],
  ["of another sign-in (nonce)", minted((claims) => Object.assign(claims, { nonce: "another" }))],
  ["without a nonce", minted((claims) => delete claims.nonce)],
  ["without a subject", minted((claims) => delete claims.sub)],
  [
    "signed with another key",
    async (minting) => {
      minting.key = (await generateKeyPair("ES256")).privateKey;
      return undefined;
    },
  ],
  [
    "changed after it was signed",
    async ({ claims, key }) => {
      const good = await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "k1" }).sign(key);
      const [header, , signature] = good.split(".");
      const other = Buffer.from(JSON.stringify({ ...claims, sub: "root" })).toString("base64url");
      return [header, other, signature].join(".");
    },
  ],
  ["downgraded to no signature", ({ claims }) => unsigned({ alg: "none" }, claims)],
  ["downgraded to no signature, in other letters", ({ claims }) => unsigned({ alg: "NoNe" }, claims)],
  [
    "downgraded to a key that everybody has",
    async ({ claims }) => {
      const everybodys = new TextEncoder().encode(provider.clientId.padEnd(32, "x"));
      return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "k1" }).sign(everybodys);
    },
  ],
  ["that is none", () => "not.a.token"],
];

test.each(BAD_TOKENS)("an ID token %s signs nobody in", async (_, mint) => {
  const who = server.browser();
  await refused(who, await callback(who, mint));
});

test("a callback is good once, also where the provider would give tokens for its code again", async () => {
  provider.careless = true;
  const who = server.browser();
  const address = await who.openUntil("/auth/login", `${server.url}/auth/callback`);
  const cookies = new Map(who.cookies);
  expect((await who.get(address)).status).toBe(303);
  const thief = server.browser();
  for (const [name, value] of cookies) thief.cookies.set(name, value);
  const before = provider.exchanges;
  await refused(thief, await thief.get(address));
  expect(provider.exchanges).toBe(before);
});

test("a code is worth nothing in another sign-in: the verifier is another", async () => {
  const who = server.browser();
  const code = new URL(await who.openUntil("/auth/login", `${server.url}/auth/callback`)).searchParams.get(
    "code",
  );
  const thief = server.browser();
  const second = new URL(await thief.openUntil("/auth/login", `${server.url}/auth/callback`));
  second.searchParams.set("code", code ?? "");
  await refused(thief, await thief.get(second.href));
});

test("a callback counts in the browser alone that began it, with its state, also where nothing else would tell", async () => {
  provider.careless = true;
  const attacker = server.browser();
  const address = await attacker.openUntil("/auth/login", `${server.url}/auth/callback`);
  // The attacker's own sign-in, put under a victim who never began one.
  const victim = server.browser();
  await refused(victim, await victim.get(address));
  // Or who began another, at a provider that tells the two apart by nothing.
  const begun = await victim.get("/auth/login");
  const nonce = new URL(begun.headers.get("location") ?? "").searchParams.get("nonce") ?? "";
  provider.mint = minted((claims) => Object.assign(claims, { nonce }));
  await refused(victim, await victim.get(address));
});

test("a sign-in that took longer than ten minutes is begun again", async () => {
  const own = await accessServer({ provider });
  try {
    const who = own.browser();
    const address = await who.openUntil("/auth/login", `${own.url}/auth/callback`);
    own.pass(10 * 60_000);
    expect((await who.get(address)).status).toBe(400);
  } finally {
    await own.stop();
  }
});

test("a session begins under a secret nobody had before: one that was planted is not taken over, and one there was ends", async () => {
  const name = `baton-session-${new URL(server.url).port}`;
  const planted = `baton_${"p".repeat(43)}`;
  const victim = server.browser();
  victim.cookies.set(name, planted);
  expect((await callback(victim)).status).toBe(303);
  const first = victim.cookies.get(name);
  expect(first).not.toBe(planted);
  const attacker = server.browser();
  attacker.cookies.set(name, planted);
  expect(await signedIn(attacker)).toBe(false);
  await callback(victim);
  expect(victim.cookies.get(name)).not.toBe(first);
  attacker.cookies.set(name, first ?? "");
  expect(await signedIn(attacker)).toBe(false);
});

test("a name that would break a line, hide or turn text round comes as plain text of bounded length", async () => {
  provider.subject = { sub: "eve", name: `E\r\nve\u202e\u0000<script>${"x".repeat(500)}` };
  const who = server.browser();
  await callback(who);
  const page = await who.get("/auth/join");
  expect(page.status).toBe(200);
  expect(page.body).toContain("E  ve  &lt;script&gt;");
  expect(page.body).not.toMatch(/<script|\u202e|x{81}/);
});

test("two subjects are two people, also where they are called alike; a name is no right", async () => {
  await firstAdmin({
    ...{ journal: server.journal, environment },
    person: { kind: "person", id: `${provider.issuer}|ann`, name: "Ann", via: provider.issuer, scopes: null },
  });
  const who = server.browser();
  await callback(who);
  expect((await who.get("/v1/administer")).status).toBe(200);
  provider.subject = { sub: "ann2", name: "Ann" };
  const other = server.browser();
  await callback(other);
  expect((await other.get("/v1/administer")).status).toBe(403);
});

test("a provider that is not there is said as that, and asked again at the next try", async () => {
  const gone = await fakeProvider();
  const own = await accessServer({ provider: gone });
  try {
    await gone.stop();
    const answer = await own.browser().get("/auth/login");
    expect([answer.status, answer.body]).toMatchObject([
      502,
      expect.stringContaining("BATON-ACCESS-PROVIDER"),
    ]);
  } finally {
    await own.stop();
  }
});
