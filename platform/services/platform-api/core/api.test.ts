import { testDatabase } from "@baton/testkit/postgres";
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { API_RESOURCE } from "../../../shared/oidc-client.ts";
import { type Answered, call, startPlatform, type TestPlatform } from "../../testing/platform.ts";
import { until } from "../../testing/processes.ts";
import { sha256 } from "./call.ts";

let platform: TestPlatform;
let tokens: { admin: string; editor: string; viewer: string; other: string; root: string };
let bundleId: string;

beforeAll(async () => {
  platform = await startPlatform(await testDatabase("api"));
  await platform.provision("aster", "birch");
  const names = ["admin@aster", "editor@aster", "viewer@aster", "admin@birch", "root@platform"];
  const [admin = "", editor = "", viewer = "", other = "", root = ""] = await Promise.all(
    names.map(platform.token),
  );
  tokens = { admin, editor, viewer, other, root };
  bundleId = String((await as("editor", "POST", "/v1/bundles", { name: "Support" })).json.id);
});

afterAll(() => platform.stop());

const as = (
  who: keyof typeof tokens,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> =>
  call(platform.api.url, tokens[who], method, path, { ...(body === undefined ? {} : { body }), headers });

const codeOf = (answer: Answered): unknown => (answer.json.error as { code?: unknown } | undefined)?.code;

let names = 0;
const newPrompt = async (body = "first"): Promise<string> => {
  names += 1;
  const answer = await as("editor", "POST", "/v1/prompts", { bundleId, name: `prompt ${names}`, body });
  expect(answer.status).toBe(201);
  return String(answer.json.id);
};

/** A token like the provider's, signed with its own key, but for what a test changes. */
async function forged(change: {
  claims?: JWTPayload;
  header?: { alg?: string; kid?: string; typ?: string };
  key?: Awaited<ReturnType<typeof importJWK>>;
}): Promise<string> {
  const { rows } = await (await platform.sql()).query<{ private_jwk: JWK }>(
    "select private_jwk from identity_keys",
  );
  const jwk = rows[0]?.private_jwk;
  if (jwk === undefined) throw new Error("no key");
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: platform.issuer, aud: API_RESOURCE, sub: "editor@aster", exp: now + 60, iat: now };
  return new SignJWT({ ...claims, tenant: "aster", roles: ["editor"], ...change.claims })
    .setProtectedHeader({
      alg: "ES256",
      typ: "at+jwt",
      ...(jwk.kid === undefined ? {} : { kid: jwk.kid }),
      ...change.header,
    })
    .sign(change.key ?? (await importJWK(jwk, "ES256")));
}

test("P001: tokens of a wrong issuer, audience, algorithm, expiry, key id or type are refused", async () => {
  const rsa = await generateKeyPair("RS256", { extractable: true });
  const stranger = await generateKeyPair("ES256");
  const past = Math.floor(Date.now() / 1000) - 5;
  const publicBytes = new TextEncoder().encode(JSON.stringify(await exportJWK(rsa.publicKey)));
  const cases: Record<string, string> = {
    issuer: await forged({ claims: { iss: "http://elsewhere.example" } }),
    audience: await forged({ claims: { aud: "urn:other:api" } }),
    "no audience": await forged({ claims: { aud: [] } }),
    algorithm: await forged({ header: { alg: "RS256" }, key: rsa.privateKey }),
    "symmetric algorithm": await forged({ header: { alg: "HS256" }, key: publicBytes }),
    expiry: await forged({ claims: { exp: past } }),
    "key id": await forged({ header: { kid: "another" } }),
    "key of a stranger": await forged({ key: stranger.privateKey }),
    "type of an ID token": await forged({ header: { typ: "JWT" } }),
    "no tenant": await forged({ claims: { tenant: undefined } }),
    "no signature": `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${(await forged({})).split(".")[1]}.`,
    nonsense: "abc",
  };
  for (const [name, token] of Object.entries(cases)) {
    const answer = await call(platform.api.url, token, "GET", "/v1/prompts");
    expect([name, answer.status, codeOf(answer)]).toEqual([
      name,
      401,
      name === "expiry" ? "auth.expired" : "auth.invalid",
    ]);
  }
  const missing = await fetch(`${platform.api.url}/v1/prompts`);
  expect(missing.status).toBe(401);
  expect((await call(platform.api.url, await forged({}), "GET", "/v1/prompts")).status).toBe(200);
});

test("P001: a tenant, user or platform header unlike the claim is refused, also when sent beside the true one", async () => {
  const headers = { "x-tenant-id": "birch", "x-user-id": "admin@aster", "x-platform-id": "other" };
  for (const [name, value] of Object.entries(headers)) {
    const answer = await as("editor", "GET", "/v1/prompts", undefined, { [name]: value });
    expect([answer.status, codeOf(answer)]).toEqual([403, "auth.identity"]);
  }
  expect(
    (await as("editor", "GET", "/v1/prompts", undefined, { "x-tenant-id": "aster, birch" })).status,
  ).toBe(403);
  expect((await as("editor", "GET", "/v1/prompts", undefined, { "x-tenant-id": "aster" })).status).toBe(200);
});

test("P001: a call that no rule allows is denied", async () => {
  const id = await newPrompt();
  const denied: [keyof typeof tokens, string, string, unknown][] = [
    ["viewer", "POST", "/v1/bundles", { name: "x" }],
    ["viewer", "PUT", `/v1/prompts/${id}`, { body: "x" }],
    ["viewer", "POST", `/v1/prompts/${id}/versions`, { body: "x" }],
    ["editor", "PUT", "/v1/settings/a", { value: 1 }],
    ["admin", "POST", "/v1/tenants", { id: "mine", ring: "pilot" }],
    ["root", "GET", "/v1/prompts", undefined],
  ];
  for (const [who, method, path, body] of denied) {
    const answer = await as(who, method, path, body);
    expect([who, path, answer.status, codeOf(answer)]).toEqual([who, path, 403, "auth.denied"]);
  }
  expect((await as("viewer", "GET", `/v1/prompts/${id}`)).status).toBe(200);
});

test("P003: a prompt is created, amended in place and versioned; every version reads back", async () => {
  const id = await newPrompt("Grüße, 世界 👋");
  const read = await as("viewer", "GET", `/v1/prompts/${id}`);
  expect(read.json).toMatchObject({
    id,
    bundleId,
    version: 1,
    body: "Grüße, 世界 👋",
    createdBy: "editor@aster",
  });

  const amended = await as("editor", "PUT", `/v1/prompts/${id}`, { body: "amended", expectedVersion: 1 });
  expect(amended.json).toEqual({ id, version: 1, sha256: sha256("amended") });
  const second = await as("editor", "POST", `/v1/prompts/${id}/versions`, { body: "second" });
  expect([second.status, second.json]).toEqual([201, { id, version: 2, sha256: sha256("second") }]);
  const stale = await as("editor", "PUT", `/v1/prompts/${id}`, { body: "late", expectedVersion: 1 });
  expect([stale.status, codeOf(stale)]).toEqual([409, "prompt.version"]);

  expect((await as("viewer", "GET", `/v1/prompts/${id}`)).json).toMatchObject({ version: 2, body: "second" });
  expect((await as("viewer", "GET", `/v1/prompts/${id}/versions/1`)).json).toMatchObject({ body: "amended" });
  expect((await as("viewer", "GET", `/v1/prompts/${id}/versions/3`)).status).toBe(404);
  expect((await as("other", "GET", `/v1/prompts/${id}`)).status).toBe(404);
});

test("P003: writers of one prompt at the same time each get a version of their own", async () => {
  const id = await newPrompt();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      as("editor", "POST", `/v1/prompts/${id}/versions`, { body: `text ${n}` }),
    ),
  );
  const versions = answers.map((answer) => Number(answer.json.version)).sort((a, b) => a - b);
  expect(versions).toEqual(Array.from({ length: 12 }, (_, n) => n + 2));
});

test("P003: lists go page by page and show each prompt once, with its newest version's number and no text", async () => {
  const own = String((await as("editor", "POST", "/v1/bundles", { name: "Paged" })).json.id);
  for (let n = 0; n < 7; n += 1)
    await as("editor", "POST", "/v1/prompts", { bundleId: own, name: `p${n}`, body: "secret text" });
  const seen: Record<string, unknown>[] = [];
  let cursor: unknown = null;
  do {
    const answer = await as(
      "viewer",
      "GET",
      `/v1/prompts?bundleId=${own}&limit=3${cursor === null ? "" : `&cursor=${String(cursor)}`}`,
    );
    expect(answer.text).not.toContain("secret text");
    seen.push(...(answer.json.items as Record<string, unknown>[]));
    cursor = answer.json.nextCursor;
  } while (cursor !== null);
  expect(seen.map((item) => item.name).sort()).toEqual(["p0", "p1", "p2", "p3", "p4", "p5", "p6"]);
  expect(seen.every((item) => item.version === 1)).toBe(true);
  const bad = await as("viewer", "GET", "/v1/prompts?cursor=nonsense");
  expect([bad.status, codeOf(bad)]).toEqual([400, "request.cursor"]);
  expect((await as("viewer", "GET", "/v1/prompts?limit=0")).status).toBe(400);
});

test("P003: the same key twice, also at the same time: one effect, the same body, one event", async () => {
  const id = await newPrompt();
  const write = () =>
    as("editor", "POST", `/v1/prompts/${id}/versions`, { body: "once" }, { "idempotency-key": "k-1" });
  const answers = await Promise.all([write(), write(), write(), write()]);
  const again = await write();
  for (const answer of answers) expect([answer.status, answer.text]).toEqual([201, again.text]);
  expect(again.json.version).toBe(2);
  expect((await as("viewer", "GET", `/v1/prompts/${id}`)).json.version).toBe(2);
  const events = await (await platform.sql("aster")).query(
    "select from outbox where envelope->'payload'->>'promptId' = $1",
    [id],
  );
  expect(events.rowCount).toBe(2);

  const other = await as(
    "editor",
    "POST",
    `/v1/prompts/${id}/versions`,
    { body: "else" },
    { "idempotency-key": "k-1" },
  );
  expect([other.status, codeOf(other)]).toEqual([422, "idempotency.reused"]);
  const colleague = await as(
    "admin",
    "POST",
    `/v1/prompts/${id}/versions`,
    { body: "once" },
    { "idempotency-key": "k-1" },
  );
  expect([colleague.status, colleague.json.version]).toEqual([201, 3]);
});

test("P003: a refused write keeps nothing under its key", async () => {
  const missing = { bundleId: "7e3f6d0a-0000-4000-8000-000000000000", name: "n", body: "b" };
  const refused = await as("editor", "POST", "/v1/prompts", missing, { "idempotency-key": "k-2" });
  expect([refused.status, codeOf(refused)]).toEqual([404, "bundle.absent"]);
  const bundle = await as(
    "editor",
    "POST",
    "/v1/bundles",
    { name: "After a refusal" },
    { "idempotency-key": "k-2" },
  );
  expect(bundle.status).toBe(201);
  const twice = await as("editor", "POST", "/v1/bundles", { name: "After a refusal" });
  expect([twice.status, codeOf(twice)]).toEqual([409, "bundle.exists"]);
  const bad = await as("editor", "POST", "/v1/bundles", { name: "x" }, { "idempotency-key": "with space" });
  expect([bad.status, codeOf(bad)]).toEqual([400, "idempotency.key"]);
});

test("every write leaves an event with the whole envelope and without the text", async () => {
  const text = "a text that no event may hold";
  const id = await newPrompt(text);
  const { rows } = await (await platform.sql("aster")).query(
    "select subject, envelope from outbox where envelope->'payload'->>'promptId' = $1",
    [id],
  );
  expect(rows).toEqual([
    {
      subject: "prompt.created",
      envelope: {
        eventId: expect.any(String),
        occurredAt: expect.stringMatching(/Z$/),
        tenantId: "aster",
        platformId: "dcoder",
        correlationId: expect.any(String),
        actor: "editor@aster",
        payload: { promptId: id, version: 1 },
      },
    },
  ]);
});

test("P006: the platform's default holds until a tenant overrides it, for that tenant only", async () => {
  const path = "/v1/settings/prompts.retention-days";
  expect((await as("viewer", "GET", path)).status).toBe(404);
  expect((await as("root", "PUT", path, { value: 90 })).json).toEqual({
    name: "prompts.retention-days",
    value: 90,
    source: "platform",
  });
  expect((await as("admin", "PUT", path, { value: { days: 30 } })).json).toMatchObject({ source: "tenant" });
  expect((await as("viewer", "GET", path)).json).toMatchObject({ value: { days: 30 }, source: "tenant" });
  expect((await as("other", "GET", path)).json).toMatchObject({ value: 90, source: "platform" });
  expect((await as("root", "GET", path)).json).toMatchObject({ value: 90 });
  expect((await as("admin", "PUT", path, { value: null })).status).toBe(200);
  expect((await as("viewer", "GET", path)).json).toMatchObject({ value: null, source: "tenant" });
});

test("bad input is answered with every issue and its place", async () => {
  const answer = await as("editor", "POST", "/v1/prompts", {
    bundleId: "x",
    name: "",
    body: "a\u0000b",
    more: 1,
  });
  expect(answer.status).toBe(400);
  const { details } = answer.json.error as { details: { issues: { path: string }[] } };
  expect(details.issues.map((issue) => issue.path)).toEqual(
    expect.arrayContaining(["bundleId", "name", "body"]),
  );
  expect((await as("editor", "GET", "/v1/prompts/not-an-id")).status).toBe(400);
  expect((await as("editor", "GET", "/v1/nothing")).status).toBe(404);
  const large = await as("editor", "POST", "/v1/bundles", { name: "x".repeat(1_100_000) });
  expect([large.status, codeOf(large)]).toEqual([413, "request.refused"]);
});

test("R1 cannot serve a prompt whose plain text is gone", async () => {
  const id = await newPrompt();
  await (await platform.sql("aster")).query("update prompt_versions set body = null where prompt_id = $1", [
    id,
  ]);
  const answer = await as("viewer", "GET", `/v1/prompts/${id}`);
  expect([answer.status, codeOf(answer)]).toEqual([500, "prompt.shape"]);
});

test("a SIGTERM lets open requests finish, exits 0, and the log holds neither texts nor tokens", async () => {
  const other = await platform.startApi("r1", { LOG_REQUESTS: "1" });
  const id = await newPrompt();
  const client = await platform.sql("aster");
  await client.query("begin");
  await client.query("select from prompts where id = $1 for update", [id]);
  const open = call(other.url, tokens.editor, "PUT", `/v1/prompts/${id}`, {
    body: { body: "the very last words" },
  });
  const watcher = await platform.sql();
  const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%no key update%' and datname = $1`;
  const database = `${platform.databasePrefix}aster`;
  await until(async () => ((await watcher.query(waiting, [database])).rowCount ?? 0) > 0);
  const stopped = other.stop();
  await until(async () => other.output().includes('"stopping"'));
  await client.query("commit");
  expect((await open).status).toBe(200);
  expect(await stopped).toBe(0);
  expect((await as("viewer", "GET", `/v1/prompts/${id}`)).json.body).toBe("the very last words");
  expect(other.output()).toContain('"message":"request"');
  expect(other.output()).not.toContain("the very last words");
  expect(other.output()).not.toContain(tokens.editor);
});

test("metrics tell requests and latency by service and version", async () => {
  await as("viewer", "GET", "/v1/bundles");
  const text = await (await fetch(`${platform.api.url}/metrics`)).text();
  expect(text).toMatch(
    /platform_api_requests_total\{service="platform-api",version="1.0.0",status="200"\} \d+/,
  );
  expect(text).toContain("platform_api_request_duration_seconds_bucket");
});
