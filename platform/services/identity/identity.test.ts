import { type TestDatabase, testDatabase } from "@baton/testkit/postgres";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demoPassword } from "../../shared/demo-users.ts";
import { API_RESOURCE, API_SCOPE, WEB_CLIENT_ID } from "../../shared/oidc-client.ts";
import { signIn } from "../../shared/sign-in.ts";
import { freePort, type RunningService, startService } from "../testing/processes.ts";

const USERS_SECRET = "a secret of this test";
const REDIRECT = "http://127.0.0.1:8000/v1/auth/callback";

let database: TestDatabase;
let service: RunningService;
let port: number;

const start = (): Promise<RunningService> =>
  startService({
    entry: "services/identity/main.ts",
    port,
    health: "/health",
    env: {
      ISSUER: `http://127.0.0.1:${port}`,
      COOKIE_SECRET: "cookies",
      USERS_SECRET,
      SHARED_DATABASE_URL: database.url,
      REDIRECT_URI: REDIRECT,
    },
  });

const login = (username: string, options: { password?: string; redirectUri?: string } = {}) =>
  signIn({
    issuer: service.url,
    clientId: WEB_CLIENT_ID,
    redirectUri: options.redirectUri ?? REDIRECT,
    username,
    password: options.password ?? demoPassword(USERS_SECRET, username),
  });

const verify = async (token: string) => {
  const keys = (await (await fetch(`${service.url}/jwks`)).json()) as JSONWebKeySet;
  return jwtVerify(token, createLocalJWKSet(keys), { issuer: service.url, audience: API_RESOURCE });
};

beforeAll(async () => {
  database = await testDatabase("identity");
  port = await freePort();
  service = await start();
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query(
    "insert into tenants (id, ring, database, state) values ('aster', 'pilot', 'a', 'ready'), ('new', 'pilot', 'n', 'provisioning')",
  );
  await client.end();
});

afterAll(async () => {
  await service.stop();
  await database.drop();
});

test("P001: code and PKCE give an access token with tenant, roles and user, for ten minutes", async () => {
  const { accessToken, expiresAt } = await login("editor@aster");
  const { payload, protectedHeader } = await verify(accessToken);
  expect(payload).toMatchObject({
    sub: "editor@aster",
    tenant: "aster",
    roles: ["editor"],
    aud: API_RESOURCE,
  });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
  expect(protectedHeader).toMatchObject({ alg: "ES256", typ: "at+jwt", kid: expect.any(String) });
  expect(Math.abs(expiresAt / 1000 - (payload.exp ?? 0))).toBeLessThan(30);
});

test("P001: the platform's administrator signs in without a tenant's database", async () => {
  const { payload } = await verify((await login("root@platform")).accessToken);
  expect(payload).toMatchObject({ sub: "root@platform", tenant: "platform", roles: ["platform-admin"] });
});

test("P001: a wrong password, an unknown user and a tenant that is not ready are refused alike", async () => {
  await expect(login("editor@aster", { password: "guess" })).rejects.toThrow("status 401");
  await expect(login("owner@aster")).rejects.toThrow("status 401");
  await expect(login("constructor@aster")).rejects.toThrow("status 401");
  await expect(login("editor@new")).rejects.toThrow("status 401");
  await expect(login("editor@nowhere")).rejects.toThrow("status 401");
});

test("P001: the redirect may use another loopback port, and nothing else may differ", async () => {
  const moved = await login("viewer@aster", { redirectUri: "http://127.0.0.1:4711/v1/auth/callback" });
  expect(moved.accessToken).toBeTruthy();
  await expect(login("viewer@aster", { redirectUri: "http://127.0.0.1:8000/elsewhere" })).rejects.toThrow(
    "400",
  );
  await expect(
    login("viewer@aster", { redirectUri: "http://evil.example/v1/auth/callback" }),
  ).rejects.toThrow("400");
});

test("P001: a request without PKCE, or for another resource, gets no code", async () => {
  const ask = async (extra: Record<string, string>) => {
    const url = new URL(`${service.url}/auth`);
    const plain = {
      client_id: WEB_CLIENT_ID,
      redirect_uri: REDIRECT,
      response_type: "code",
      scope: `openid ${API_SCOPE}`,
    };
    for (const [name, value] of Object.entries({ ...plain, ...extra })) url.searchParams.set(name, value);
    const response = await fetch(url, { redirect: "manual" });
    return response.headers.get("location") ?? "";
  };
  expect(await ask({})).toContain("error=invalid_request");
  const challenge = { code_challenge: "x".repeat(43), code_challenge_method: "S256" };
  expect(await ask({ ...challenge, resource: "urn:other:api" })).toContain("error=invalid_target");
  expect(await ask(challenge)).toContain("/sign-in/");
});

test("a restart keeps the keys, so that tokens stay valid", async () => {
  const { accessToken } = await login("admin@aster");
  expect(await service.stop()).toBe(0);
  service = await start();
  expect((await verify(accessToken)).payload.sub).toBe("admin@aster");
});

test("neither passwords nor tokens reach the log", async () => {
  const { accessToken } = await login("editor@aster");
  const output = service.output();
  expect(output).not.toContain(demoPassword(USERS_SECRET, "editor@aster"));
  expect(output).not.toContain(accessToken);
  expect(output).not.toContain("NOTICE");
  expect(output).not.toContain("WARNING");
});
