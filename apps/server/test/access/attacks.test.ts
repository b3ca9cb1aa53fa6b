import { connect } from "node:net";
import { createToken, grantRole, revokeRole, revokeToken } from "@baton/conductor";
import type { Role, TokenScope } from "@baton/core";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type AccessServer,
  accessServer,
  builtIn,
  environment,
  letIn,
  PASSWORD,
  serverOfAnn,
  signInBuiltIn,
} from "./access-server.ts";
import type { Browser } from "./browser.ts";

let server: AccessServer;
let ann: Browser;
beforeAll(async () => {
  ({ server, ann } = await serverOfAnn({ limits: { attempts: 1_000 } }));
});
afterAll(() => server.stop());

const RIGHTS = ["view", "operate", "approve", "administer"] as const;
const asked = (asker = builtIn("ann")) => ({
  ...{ journal: server.journal, environment, asker: { principal: asker }, reason: "test" },
});

/** A service token that ann made, or somebody else. */
async function token(scopes: readonly TokenScope[], maker = builtIn("ann"), lastsMs = 60_000) {
  const made = await createToken({ ...asked(maker), name: "ci", scopes, lastsMs });
  if (!made.ok) throw new Error(made.problems[0]?.message);
  return made.value;
}

const withBearer = (secret: string, path = "/v1/view", init: RequestInit = {}) =>
  fetch(`${server.url}${path}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${secret}` } });

const may = async (get: (path: string) => Promise<{ readonly status: number }>) => {
  const statuses = await Promise.all(RIGHTS.map(async (right) => (await get(`/v1/${right}`)).status));
  return RIGHTS.filter((_, at) => statuses[at] === 200);
};

const ALLOWED: readonly (readonly [Role, readonly string[]])[] = [
  ["viewer", ["view"]],
  ["operator", ["view", "operate"]],
  ["approver", ["view", "approve"]],
  ["admin", RIGHTS],
];

test.each(ALLOWED)(
  "%s may %s and nothing else, and loses it with the role at once",
  async (role, allowed) => {
    const who = await letIn(server, `role-${role}`, role);
    expect(await may((path) => who.get(path))).toEqual(allowed);
    const refused = await who.get("/v1/administer");
    if (role !== "admin")
      expect(JSON.parse(refused.body)).toMatchObject({ error: { code: "BATON-ACCESS-FORBIDDEN" } });
    await revokeRole({ ...asked(), person: builtIn(`role-${role}`).id, role });
    expect(await may((path) => who.get(path))).toEqual([]);
  },
);

test("a service token may what its scopes say, and neither approves nor administers", async () => {
  expect(await may(async (path) => withBearer((await token(["view"])).token, path))).toEqual(["view"]);
  const both = await token(["operate", "view"]);
  expect(await may((path) => withBearer(both.token, path))).toEqual(["view", "operate"]);
});

test("a token ends with its time, when it is revoked, and with what its maker may", async () => {
  const own = await serverOfAnn();
  try {
    const { journal } = own.server;
    const asker = { principal: builtIn("ann") };
    const make = async (lastsMs: number) => {
      const made = await createToken({
        journal,
        environment,
        asker,
        reason: "",
        name: "t",
        scopes: ["view"],
        lastsMs,
      });
      if (!made.ok) throw new Error(made.problems[0]?.message);
      return made.value;
    };
    const [revoked, downgraded, expiring] = [await make(600_000), await make(600_000), await make(60_000)];
    const status = async ({ token: secret }: { token: string }) =>
      (await fetch(`${own.server.url}/v1/view`, { headers: { authorization: `Bearer ${secret}` } })).status;
    expect(await Promise.all([revoked, downgraded, expiring].map(status))).toEqual([200, 200, 200]);
    await revokeToken({ journal, environment, asker, reason: "", token: revoked.id });
    own.server.passTo(expiring.expiresAt - 1);
    expect(await status(expiring)).toBe(200);
    own.server.passTo(expiring.expiresAt);
    expect(await Promise.all([revoked, downgraded, expiring].map(status))).toEqual([401, 200, 401]);
    await letIn(own.server, "bob", "admin");
    const byBob = { journal, environment, asker: { principal: builtIn("bob") }, reason: "" };
    await revokeRole({ ...byBob, person: builtIn("ann").id, role: "admin" });
    expect(await status(downgraded)).toBe(403);
    await grantRole({ ...byBob, person: builtIn("ann").id, role: "viewer" });
    expect(await status(downgraded)).toBe(200);
  } finally {
    await own.server.stop();
  }
});

test("what is no token of this server is refused, also beside a good session", async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwt = await new SignJWT({ sub: "ann" })
    .setProtectedHeader({ alg: "ES256", jwk: await exportJWK(publicKey) })
    .setExpirationTime("1h")
    .sign(privateKey);
  const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"sub":"ann"}').toString("base64url")}.`;
  const { id, token: good } = await token(["view"]);
  const forged = [
    ...[`Bearer ${jwt}`, `Bearer ${none}`, `Bearer ${id}`, `Bearer baton_${"x".repeat(43)}`],
    ...[
      `Bearer ${good.slice(0, -1)}`,
      `Bearer ${good}x`,
      `Bearer ${good} ${good}`,
      `Basic ${good}`,
      good,
      "Bearer",
      "",
    ],
  ];
  for (const authorization of forged) {
    const answer = await ann.get("/v1/view", { authorization });
    expect([authorization.slice(0, 20), answer.status]).toEqual([authorization.slice(0, 20), 401]);
  }
  // A browser's secret is none for programs.
  const secret = ann.cookies.get(`baton-session-${new URL(server.url).port}`) ?? "";
  expect((await withBearer(secret)).status).toBe(401);
});

const HTML = { accept: "text/html" };

test("a page of another site changes nothing with the cookies of whoever looks at it", async () => {
  const foreign: readonly Record<string, string>[] = [
    { origin: "https://evil.test" },
    { origin: "null" },
    { origin: `${server.url}.evil.test` },
    { origin: server.url.replace("127.0.0.1", "localhost") },
    { origin: "http://127.0.0.1:1" },
    { origin: "https://evil.test", "sec-fetch-site": "same-origin" },
  ];
  for (const headers of foreign)
    for (const path of ["/v1/operate", "/auth/logout", "/auth/cli", "/auth/join", "/identity/sign-in/x"]) {
      const answer = await ann.post(path, {}, { ...headers, accept: "application/json" });
      expect([path, answer.status, answer.body]).toMatchObject([
        path,
        403,
        expect.stringContaining("BATON-ACCESS-ORIGIN"),
      ]);
    }
  expect((await ann.get("/v1/view")).status).toBe(200);
});

test("a request that says nothing of where it is from is taken as foreign, unless the browser itself says it is ours", async () => {
  const cookie = [...ann.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const post = async (headers: Record<string, string>) =>
    (await fetch(`${server.url}/v1/operate`, { method: "POST", headers: { cookie, ...headers } })).status;
  expect(await post({})).toBe(403);
  expect(await post({ "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await post({ "sec-fetch-site": "same-site" })).toBe(403);
  expect(await post({ "sec-fetch-site": "same-origin" })).toBe(200);
  expect(await post({ origin: server.url })).toBe(200);
});

test("cookies are out of reach for scripts and for other sites' pages, and sessions are not for other hosts", async () => {
  const who = server.browser();
  await who.open("/auth/login");
  const answer = await who.get("/auth/login");
  for (const line of answer.headers.getSetCookie())
    expect(line).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/);
  expect(answer.headers.getSetCookie()).toHaveLength(1);
});

test("where a sign-in leads is a path of this server, whatever was asked", async () => {
  const asked = {
    "return=/runs/r1%3Ftab=steps": "/runs/r1?tab=steps",
    "return=https://evil.test/": "/",
    "return=//evil.test": "/",
    "return=/a&return=//evil.test": "/",
    "return[]=//evil.test": "/",
  };
  for (const [query, expected] of Object.entries(asked)) {
    const who = server.browser();
    const page = await who.open(`/auth/login?${query}`);
    const answer = await who.post(page.url, { form: "password", name: "ann", password: PASSWORD });
    const back = await who.openUntil(answer.headers.get("location") ?? "", `${server.url}/auth/callback`);
    expect([query, (await who.get(back)).headers.get("location")]).toEqual([query, expected]);
  }
});

/** Sends bytes as they are and gives what comes back. */
function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => {
      answer += part;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

test("addresses are made of the server's own, whatever host a request names", async () => {
  const answer = await raw("GET /auth/login HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n");
  expect(answer).toContain(`location: ${server.url}/auth/login?return=%2F\r\n`);
  const forwarded = await raw(
    `GET /identity/.well-known/openid-configuration HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-Host: evil.test\r\nConnection: close\r\n\r\n`,
  );
  expect(forwarded).toContain(`${server.url}/identity`);
  expect(forwarded).not.toContain("evil.test");
});

test("line breaks in a query make no header", async () => {
  const answer = await raw(
    `GET /auth/login?return=/a%0d%0aset-cookie:%20evil=1 HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\nConnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 303 /);
  expect(answer.toLowerCase()).not.toMatch(/^set-cookie: evil/m);
  const [head = ""] = answer.split("\r\n\r\n");
  expect(head).not.toContain("evil");
});

test("a body of ten megabytes is refused wherever it is sent, said or not, and the server goes on", async () => {
  const bytes = "x".repeat(10_000_000);
  const cookie = [...ann.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const places: readonly [string, string][] = [
    ["/v1/operate", "application/json"],
    ["/auth/join", "application/x-www-form-urlencoded"],
    ["/auth/cli/token", "application/json"],
    ["/identity/token", "application/x-www-form-urlencoded"],
    ["/identity/sign-in/x", "application/x-www-form-urlencoded"],
  ];
  for (const [path, type] of places) {
    const headers = { "content-type": type, origin: server.url, cookie };
    const said = await fetch(`${server.url}${path}`, { method: "POST", headers, body: bytes }).then(
      ({ status }) => status,
      () => "cut off",
    );
    expect([path, said]).toSatisfy(([, got]) => got === 413 || got === "cut off");
    const stream = new Blob([bytes]).stream();
    const unsaid = await fetch(`${server.url}${path}`, {
      ...{ method: "POST", headers, body: stream },
      ...({ duplex: "half" } as object),
    }).then(
      ({ status }) => status,
      () => "cut off",
    );
    expect([path, unsaid]).toSatisfy(
      ([, got]) => got === "cut off" || (typeof got === "number" && got >= 400),
    );
  }
  expect((await ann.get("/v1/view")).status).toBe(200);
});

test("a body that is larger than its route takes is refused: 256 KiB, and 4 KiB of a form", async () => {
  const post = async (path: string, bytes: number) => {
    const cookie = [...ann.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const type = path.startsWith("/v1") ? "application/json" : "application/x-www-form-urlencoded";
    const body = path.startsWith("/v1") ? JSON.stringify("x".repeat(bytes - 2)) : "x".repeat(bytes);
    const sent = { "content-type": type, origin: server.url, cookie };
    return (await fetch(`${server.url}${path}`, { method: "POST", headers: sent, body })).status;
  };
  expect(await post("/v1/operate", 256 * 1_024)).toBe(200);
  expect(await post("/v1/operate", 256 * 1_024 + 1)).toBe(413);
  expect(await post("/auth/join", 4_096)).toBe(403);
  expect(await post("/auth/join", 4_097)).toBe(413);
  expect(await post("/identity/token", 16_385)).toBe(413);
});

test("every answer carries the headers that keep a page to itself, refusals too", async () => {
  for (const path of ["/health", "/v1/view", "/nowhere", "/auth/join", "/identity/nowhere"]) {
    const { headers } = await fetch(`${server.url}${path}`, { headers: HTML, redirect: "manual" });
    expect([path, Object.fromEntries(headers)]).toMatchObject([
      path,
      {
        "content-security-policy":
          "default-src 'self';base-uri 'none';object-src 'none';frame-ancestors 'none';form-action 'self';img-src 'self' data:",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      },
    ]);
    expect(headers.get("access-control-allow-origin")).toBeNull();
  }
});

test("pages of sign-in need no script or style of their own, and are kept by nobody", async () => {
  const page = await server.browser().open("/auth/login");
  expect(page.body).not.toMatch(/<script|<style|style=|\son\w+=|javascript:/i);
  expect(page.headers.get("cache-control")).toBe("no-store");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
});

test("more tries than a person makes are refused until the minute is over, whatever is tried and whoever is signed in", async () => {
  const own = await serverOfAnn({ limits: { attempts: 5 } });
  try {
    const who = own.server.browser();
    const page = await who.open("/auth/login");
    const tries = async (form: Record<string, string>) => (await who.post(page.url, form)).status;
    const statuses: number[] = [];
    for (let at = 0; at < 6; at++)
      statuses.push(await tries({ form: "password", name: "ann", password: `${at}` }));
    // One try was ann's own sign-in.
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429]);
    const over = await who.post(page.url, { form: "code", name: "x", password: PASSWORD, code: "x" });
    expect([over.status, Number(over.headers.get("retry-after"))]).toEqual([429, 60]);
    own.server.pass(60_000);
    expect(await tries({ form: "password", name: "ann", password: PASSWORD })).toBe(303);
    const codes: number[] = [];
    for (let at = 0; at < 6; at++) codes.push((await own.ann.post("/auth/join", { code: `${at}` })).status);
    expect(codes).toEqual([403, 403, 403, 403, 403, 429]);
  } finally {
    await own.server.stop();
  }
});

test("requests are counted by person, else by address: one caller's flood leaves the others alone", async () => {
  const own = await serverOfAnn({ limits: { signedIn: 5, anonymous: 20, attempts: 100 } });
  try {
    const bob = await letIn(own.server, "bob", "viewer");
    const get = async (who: Browser) => (await who.get("/v1/view")).status;
    const flood: number[] = [];
    for (let at = 0; at < 8; at++) flood.push(await get(own.ann));
    expect(flood.filter((status) => status === 429).length).toBeGreaterThanOrEqual(3);
    expect(await get(bob)).toBe(200);
    const strangers: number[] = [];
    for (let at = 0; at < 25; at++) strangers.push(await get(own.server.browser()));
    expect(strangers.at(-1)).toBe(429);
    expect(await get(bob)).toBe(200);
    own.server.pass(60_000);
    expect([await get(own.ann), await get(own.server.browser())]).toEqual([200, 401]);
  } finally {
    await own.server.stop();
  }
});

test("nobody signs in where their session would go over the wire in clear, or others reach the built-in provider", async () => {
  for (const publicUrl of ["http://baton.example", "https://baton.example"]) {
    const own = await accessServer({ publicUrl });
    try {
      const answer = await own.browser().get("/auth/login");
      expect([answer.status, answer.body]).toMatchObject([
        409,
        expect.stringContaining("BATON-ACCESS-PUBLIC-URL"),
      ]);
      expect(answer.headers.getSetCookie()).toEqual([]);
    } finally {
      await own.stop();
    }
  }
});

test("an answer that goes on for long learns that its caller was signed out meanwhile", async () => {
  let away: () => Promise<unknown> = async () => undefined;
  const own = await serverOfAnn({ meanwhile: () => away() });
  try {
    const stays = JSON.parse((await own.ann.get("/v1/long")).body);
    expect([stays.before.id, stays.after.id]).toEqual([builtIn("ann").id, builtIn("ann").id]);
    away = () => own.server.pool.query("delete from baton_server.sessions");
    expect(JSON.parse((await own.ann.get("/v1/long")).body)).toMatchObject({
      before: builtIn("ann"),
      after: null,
    });
  } finally {
    await own.server.stop();
  }
});

test("secrets stand in no log, no answer and no event, whatever goes wrong with them", async () => {
  const own = await accessServer({ limits: { attempts: 1_000 } });
  try {
    const who = own.browser();
    const secrets = [PASSWORD, own.firstCode ?? ""];
    await signInBuiltIn(who, "ann", own.firstCode);
    secrets.push(...who.cookies.values());
    const made = await createToken({
      ...{ journal: own.journal, environment, asker: { principal: builtIn("ann") }, reason: "" },
      ...{ name: "ci", scopes: ["view"], lastsMs: 60_000 },
    });
    if (!made.ok) throw new Error("no token");
    secrets.push(made.value.token);
    const answers: string[] = [];
    const say = async (answer: Promise<{ body: string }>) => answers.push((await answer).body);
    await say(who.get("/v1/view", { authorization: `Bearer ${made.value.token}x` }));
    await say(who.post("/v1/operate", {}, { origin: "https://evil.test" }));
    const again = own.browser();
    const address = new URL(await again.openUntil("/auth/login?return=/x", `${own.url}/identity/sign-in`));
    secrets.push(...again.cookies.values(), address.pathname.split("/").at(-1) ?? "");
    await say(again.post(address.href, { form: "password", name: "ann", password: `${PASSWORD}!` }));
    await say(again.get(`/auth/callback?code=c0de-of-a-sign-in&state=st4te-of-a-sign-in`));
    await again.get(`/identity/auth?state=st4te-of-a-sign-in&client_id=baton`);
    secrets.push("c0de-of-a-sign-in", "st4te-of-a-sign-in");
    const { rows } = await own.pool.query<{ all: string }>(
      `select coalesce(string_agg(t::text, ' '), '') as all from (
         select s::text as t from baton_server.sessions s union all select a::text from baton_server.accounts a
         union all select e.data from baton_journal.events e) x`,
    );
    expect(secrets.filter((secret) => secret.length < 8)).toEqual([]);
    for (const secret of secrets) {
      expect(own.logs()).not.toContain(secret);
      expect(rows[0]?.all).not.toContain(secret);
    }
    const shown = answers.join("\n");
    for (const secret of secrets.filter((one) => one !== address.pathname.split("/").at(-1)))
      expect(shown).not.toContain(secret);
    expect(own.logs()).toContain("/auth/callback");
  } finally {
    await own.stop();
  }
});

test("while the database is away nobody is let in and nobody is taken for signed out", async () => {
  const own = await serverOfAnn();
  try {
    await own.server.pool.query("alter table baton_server.sessions rename to gone");
    const answer = await own.ann.get("/v1/view");
    expect([answer.status, answer.body]).toMatchObject([
      503,
      expect.stringContaining("BATON-ACCESS-DATABASE"),
    ]);
    await own.server.pool.query("alter table baton_server.gone rename to sessions");
    expect((await own.ann.get("/v1/view")).status).toBe(200);
    await own.server.journal.close();
    expect((await own.ann.get("/v1/view")).status).toBe(503);
  } finally {
    await own.server.stop();
  }
});
