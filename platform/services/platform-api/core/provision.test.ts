import { testDatabase } from "@baton/testkit/postgres";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PLATFORM_ADMIN } from "../../../shared/demo-users.ts";
import { tenantRole, tenantRolePassword } from "../../../shared/tenant-roles.ts";
import { call, SECRETS, startPlatform, type TestPlatform } from "../../testing/platform.ts";
import { until } from "../../testing/processes.ts";
import { PROVISION_STEPS } from "./provision.ts";

let platform: TestPlatform;
let root: string;

beforeAll(async () => {
  platform = await startPlatform(await testDatabase("provision"));
  root = await platform.token(PLATFORM_ADMIN);
});

afterAll(() => platform.stop());

const create = (id: string, options: { ring?: string; key?: string } = {}) =>
  call(platform.api.url, root, "POST", "/v1/tenants", {
    body: { id, ring: options.ring ?? "pilot" },
    headers: options.key === undefined ? {} : { "idempotency-key": options.key },
  });

/** A connection to `database` with the role that belongs to `owner`'s database. */
const asRoleOf = (owner: string, database: string): pg.Client => {
  const role = tenantRole(`${platform.databasePrefix}${owner}`, "r1");
  const url = new URL(platform.shared.url);
  url.username = role;
  url.password = tenantRolePassword(SECRETS.r1, role);
  url.pathname = `/${platform.databasePrefix}${database}`;
  return new pg.Client({ connectionString: url.href });
};

const expectComplete = async (id: string): Promise<void> => {
  const shared = await platform.sql();
  const { rows } = await shared.query("select state from tenants where id = $1", [id]);
  expect(rows).toEqual([{ state: "ready" }]);
  const databases = await shared.query("select from pg_database where datname = $1", [
    `${platform.databasePrefix}${id}`,
  ]);
  expect(databases.rowCount).toBe(1);
  const client = asRoleOf(id, id);
  await client.connect();
  const bundles = await client.query("select name from bundles");
  expect(bundles.rows).toEqual([{ name: "Starter" }]);
  for (const table of ["prompts", "prompt_versions", "settings", "idempotency", "outbox"])
    await client.query(`select from ${table}`);
  await client.end();
};

test("P002: a new tenant gets its own database, role and defaults", async () => {
  const answer = await create("one");
  expect(answer.status).toBe(201);
  expect(answer.json).toEqual({ id: "one", ring: "pilot", state: "ready" });
  await expectComplete("one");
  expect((await create("one")).status).toBe(200);
  expect((await create("one", { ring: "general" })).status).toBe(409);
});

test("P002: tenant A's role cannot connect to B, nor to the shared database", async () => {
  await platform.provision("left", "right");
  await expect(asRoleOf("left", "right").connect()).rejects.toThrow("permission denied for database");
  const own = asRoleOf("left", "left");
  await own.connect();
  await expect(own.query("create table mine ()")).rejects.toThrow("permission denied");
  await own.end();
});

test("P002: a crash after any step leaves what a retry completes", async () => {
  const admin = await platform.sql();
  for (const [index] of PROVISION_STEPS.entries()) {
    const id = `crash${index}`;
    const database = `${platform.databasePrefix}${id}`;
    await admin.query(
      "insert into tenants (id, ring, database, state) values ($1, 'pilot', $2, 'provisioning')",
      [id, database],
    );
    const options = { admin, serverUrl: platform.shared.url, database, r1RoleSecret: SECRETS.r1 };
    for (const step of PROVISION_STEPS.slice(0, index + 1)) await step.run(options);
    expect((await create(id)).status).toBe(201);
    await expectComplete(id);
  }
});

test("P002: kill -9 in the middle, then retry: one database, complete", async () => {
  const shared = await platform.sql();
  const seen = (sql: string) => async (id: string) => {
    const { rowCount } = await shared.query(sql, [`${platform.databasePrefix}${id}`]);
    return (rowCount ?? 0) > 0;
  };
  const moments = {
    row: seen("select from tenants where database = $1"),
    database: seen("select from pg_database where datname = $1"),
    role: seen("select from pg_roles where rolname = $1 || '_r1'"),
  };
  for (const [moment, reached] of Object.entries(moments)) {
    const id = `kill${moment}`;
    const lost = create(id, { key: `first-${id}` }).catch((error: unknown) => error);
    await until(() => reached(id));
    await platform.api.kill();
    await lost;
    platform.api = await platform.startApi("r1");
    const retries = await Promise.all([
      create(id, { key: `first-${id}` }),
      create(id, { key: `first-${id}` }),
    ]);
    // Where the first request was committed in time, its answer is the kept one.
    expect(retries.map((retry) => retry.status)).toEqual([201, 201]);
    await expectComplete(id);
  }
});

test("P003: one key for two tenants is refused, and the second is not begun", async () => {
  const [first, second] = await Promise.all([
    create("keyed-a", { key: "same" }),
    create("keyed-b", { key: "same" }),
  ]);
  expect([first.status, second.status].sort()).toEqual([201, 422]);
  const refused = first.status === 422 ? "keyed-a" : "keyed-b";
  const { rowCount } = await (await platform.sql()).query("select from tenants where id = $1", [refused]);
  expect(rowCount).toBe(0);
});

test("bad ids are refused with their place; tenants are listed page by page", async () => {
  for (const id of ["platform", "Upper", "a--b", "-a", "a_b", ""]) {
    const refused = await create(id);
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({
      error: { code: "request.invalid", details: { issues: [{ path: "id" }] } },
    });
  }
  await platform.provision("page-a", "page-b");
  const seen: string[] = [];
  let cursor: unknown = "";
  while (cursor !== null) {
    const query = cursor === "" ? "" : `&cursor=${String(cursor)}`;
    const answer = await call(platform.api.url, root, "GET", `/v1/tenants?limit=2${query}`);
    const items = answer.json.items as { id: string }[];
    seen.push(...items.map((item) => item.id));
    cursor = answer.json.nextCursor;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(expect.arrayContaining(["page-a", "page-b"]));
});
