import { randomBytes } from "node:crypto";
import pg from "pg";
import { demoPassword, PLATFORM_ADMIN } from "../../shared/demo-users.ts";
import { CALLBACK_PATH, WEB_CLIENT_ID } from "../../shared/oidc-client.ts";
import { signIn } from "../../shared/sign-in.ts";
import { freePort, type RunningService, startService } from "./processes.ts";

/** Secrets of one test run; they guard nothing. */
export const SECRETS = {
  users: "users of a test",
  r1: "r1 of a test",
  r2: "r2 of a test",
  admin: "admin of a test",
};

/** The empty database a test brings, as the test kit makes it. */
export interface SharedDatabase {
  readonly url: string;
  readonly adminUrl: string;
  drop(): Promise<void>;
}

/** D.Coder as processes on free ports, with a shared database and tenant databases of its own. */
export interface TestPlatform {
  readonly shared: SharedDatabase;
  readonly databasePrefix: string;
  readonly issuer: string;
  api: RunningService;
  readonly identity: RunningService;
  /** Access token of a user. */
  token(username: string): Promise<string>;
  /** Starts another platform API: R1 or R2, with extra environment. */
  startApi(release: "r1" | "r2", env?: Readonly<Record<string, string>>): Promise<RunningService>;
  startGateway(upstream?: string): Promise<TestGateway>;
  provision(...tenants: string[]): Promise<void>;
  /** Superuser's connection to a tenant's database, or to the shared one without a name. */
  sql(tenant?: string): Promise<pg.Client>;
  stop(): Promise<void>;
}

/** A gateway and its admin address. */
export interface TestGateway extends RunningService {
  readonly adminUrl: string;
}

/** Starts identity and R1 of the platform API on a shared database, which `stop` drops. */
export async function startPlatform(shared: SharedDatabase): Promise<TestPlatform> {
  const databasePrefix = `t_${randomBytes(4).toString("hex")}_`;
  const [identityPort, gatewayPort] = [await freePort(), await freePort()];
  const issuer = `http://127.0.0.1:${identityPort}`;
  const redirectUri = `http://127.0.0.1:${gatewayPort}${CALLBACK_PATH}`;
  const started: RunningService[] = [];
  const clients: pg.Client[] = [];
  const run = async (options: Parameters<typeof startService>[0]): Promise<RunningService> => {
    const service = await startService(options);
    started.push(service);
    return service;
  };
  const base = {
    ISSUER: issuer,
    SHARED_DATABASE_URL: shared.url,
    TENANTS_SERVER_URL: shared.url,
    TENANT_DATABASE_PREFIX: databasePrefix,
  };
  const startApi: TestPlatform["startApi"] = (release, env = {}) =>
    run({
      entry: `services/platform-api/${release}/main.ts`,
      env: {
        ...base,
        TENANT_ROLE_SECRET: SECRETS[release],
        SERVICE_VERSION: release === "r1" ? "1.0.0" : "2.0.0",
        ...env,
      },
    });
  const [identity, api] = await Promise.all([
    run({
      entry: "services/identity/main.ts",
      port: identityPort,
      health: "/health",
      env: { ...base, COOKIE_SECRET: "cookies", USERS_SECRET: SECRETS.users, REDIRECT_URI: redirectUri },
    }),
    startApi("r1"),
  ]);
  const token = async (username: string): Promise<string> => {
    const password = demoPassword(SECRETS.users, username);
    return (await signIn({ issuer, clientId: WEB_CLIENT_ID, redirectUri, username, password })).accessToken;
  };
  const platform: TestPlatform = {
    shared,
    databasePrefix,
    issuer,
    api,
    identity,
    token,
    startApi,
    startGateway: async (upstream = `1.0.0=${platform.api.url}`) => {
      const adminPort = await freePort();
      const gateway = await run({
        entry: "services/gateway/main.ts",
        env: {
          ...base,
          PORT_ADMIN: String(adminPort),
          ADMIN_TOKEN: SECRETS.admin,
          UPSTREAM_PLATFORM_API: upstream,
        },
      });
      return { ...gateway, adminUrl: `http://127.0.0.1:${adminPort}` };
    },
    provision: async (...tenants) => {
      const root = await token(PLATFORM_ADMIN);
      for (const id of tenants) {
        const answer = await call(platform.api.url, root, "POST", "/v1/tenants", {
          body: { id, ring: "internal" },
        });
        if (answer.status !== 201) throw new Error(`provisioning ${id}: ${answer.status} ${answer.text}`);
      }
    },
    sql: async (tenant) => {
      const url = new URL(shared.url);
      if (tenant !== undefined) url.pathname = `/${databasePrefix}${tenant.replaceAll("-", "_")}`;
      const client = new pg.Client({ connectionString: url.href });
      // Dropping a database ends its connections; that is no news here.
      client.on("error", () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    stop: async () => {
      await Promise.all(started.map((service) => service.stop()));
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
      await dropTenants(shared.adminUrl, databasePrefix);
      await shared.drop();
    },
  };
  return platform;
}

/** What an endpoint answered. `json` is unchecked, for assertions. */
export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown>;
  readonly headers: Headers;
}

/** Calls an endpoint with a token. */
export async function call(
  url: string,
  token: string,
  method: string,
  path: string,
  options: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answered> {
  const json = options.body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...json, ...options.headers },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  const parsed: unknown = text.startsWith("{") ? JSON.parse(text) : {};
  return {
    status: response.status,
    text,
    json: parsed as Record<string, unknown>,
    headers: response.headers,
  };
}

async function dropTenants(adminUrl: string, prefix: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const names = async (sql: string): Promise<string[]> =>
      (await client.query<{ name: string }>(sql, [`${prefix}%`])).rows.map((row) =>
        pg.escapeIdentifier(row.name),
      );
    for (const name of await names("select datname as name from pg_database where datname like $1"))
      await client.query(`drop database if exists ${name} with (force)`);
    for (const name of await names("select rolname as name from pg_roles where rolname like $1"))
      await client.query(`drop role if exists ${name}`);
  } finally {
    await client.end();
  }
}
