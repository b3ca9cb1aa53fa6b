import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AccessServer, builtIn, letIn, serverOfAnn } from "./access-server.ts";
import type { Browser } from "./browser.ts";

let server: AccessServer;
let ann: Browser;
beforeAll(async () => {
  ({ server, ann } = await serverOfAnn({ limits: { attempts: 1_000 } }));
});
afterAll(() => server.stop());

const verifier = (): string => randomBytes(32).toString("base64url");
const challengeOf = (secret: string): string => createHash("sha256").update(secret).digest("base64url");
const ask = (secret: string) => ({
  ...{ port: "45678", challenge: challengeOf(secret), state: "s".repeat(22), host: "laptop" },
});

/** The code that a command line gets which knows the verifier. */
async function codeFor(secret: string, who: Browser = ann): Promise<string> {
  const answer = await who.post("/auth/cli", ask(secret));
  const back = new URL(answer.headers.get("location") ?? "");
  expect([answer.status, back.origin, back.pathname]).toEqual([303, "http://127.0.0.1:45678", "/callback"]);
  expect(back.searchParams.get("state")).toBe("s".repeat(22));
  return back.searchParams.get("code") ?? "";
}

async function exchange(body: object) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${server.url}/auth/cli/token`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as { token: string; person: object } };
}

const view = async (token: string) =>
  (await fetch(`${server.url}/v1/view`, { headers: { authorization: `Bearer ${token}` } })).status;

test("a command line is signed in as the person in the browser, after they were asked, until it signs out", async () => {
  const secret = verifier();
  const page = await ann.get(`/auth/cli?${new URLSearchParams(ask(secret))}`);
  expect(page.body).toContain("You are ann.");
  expect(page.body).toContain("the command line on laptop");
  expect(page.headers.get("content-security-policy")).toContain("form-action 'self' http://127.0.0.1:*;");
  const got = await exchange({ code: await codeFor(secret), verifier: secret });
  expect(got).toMatchObject({ status: 200, body: { person: { id: builtIn("ann").id, name: "ann" } } });
  expect(await view(got.body.token)).toBe(200);
  const cookie = `baton-session-${new URL(server.url).port}=${got.body.token}`;
  expect((await fetch(`${server.url}/v1/view`, { headers: { cookie } })).status).toBe(401);
  const authorization = `Bearer ${got.body.token}`;
  await fetch(`${server.url}/auth/cli/logout`, { method: "POST", headers: { authorization } });
  expect(await view(got.body.token)).toBe(401);
});

test("a code is good once, for a minute, and for whoever knows the verifier alone", async () => {
  const secret = verifier();
  const stolen = await codeFor(secret);
  expect((await exchange({ code: stolen, verifier: verifier() })).status).toBe(401);
  expect((await exchange({ code: stolen, verifier: secret })).status).toBe(401);
  const code = await codeFor(secret);
  const both = await Promise.all([1, 2].map(() => exchange({ code, verifier: secret })));
  expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
  expect((await exchange({})).status).toBe(401);
  const own = await serverOfAnn();
  try {
    const answer = await own.ann.post("/auth/cli", ask(secret));
    const late = new URL(answer.headers.get("location") ?? "").searchParams.get("code");
    own.server.pass(61_000);
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ code: late, verifier: secret });
    const got = await fetch(`${own.server.url}/auth/cli/token`, { method: "POST", headers, body });
    expect(got.status).toBe(401);
  } finally {
    await own.server.stop();
  }
});

test("who is not signed in is asked to, and comes back to the question", async () => {
  const path = `/auth/cli?${new URLSearchParams(ask(verifier()))}`;
  const answer = await server.browser().get(path);
  expect(answer.headers.get("location")).toBe(`/auth/login?return=${encodeURIComponent(path)}`);
  expect((await server.browser().post("/auth/cli", ask(verifier()))).status).toBe(401);
});

test("a command line lets no other in, and no address leads elsewhere than to this machine", async () => {
  const secret = verifier();
  const { body } = await exchange({ code: await codeFor(secret), verifier: secret });
  const authorization = `Bearer ${body.token}`;
  expect((await ann.post("/auth/cli", ask(secret), { authorization })).status).toBe(401);
  const sly = [
    { port: "80" },
    { port: "1e5" },
    { port: "45678@evil.test" },
    { state: "x\r\ny" },
    { challenge: "short" },
    { host: "<script>" },
  ];
  for (const change of sly)
    expect((await ann.post("/auth/cli", { ...ask(secret), ...change })).status).toBe(400);
});

test("a command line may what its person may, and loses it with the role", async () => {
  const bob = await letIn(server, "bob", "viewer");
  const secret = verifier();
  const { body } = await exchange({ code: await codeFor(secret, bob), verifier: secret });
  const headers = { authorization: `Bearer ${body.token}` };
  const post = async (right: string) =>
    (await fetch(`${server.url}/v1/${right}`, { method: "POST", headers })).status;
  expect([await post("view"), await post("operate")]).toEqual([200, 403]);
});
