import { testDatabase } from "@baton/testkit/postgres";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { tenantRole, tenantRolePassword } from "../../../shared/tenant-roles.ts";
import { EXCLUSIVE_LOCK, expandTenant, runMigrationSql, setStage } from "../../testing/encrypt-prompts.ts";
import { type Answered, call, SECRETS, startPlatform, type TestPlatform } from "../../testing/platform.ts";
import { type RunningService, until } from "../../testing/processes.ts";
import { type TestTransit, testTransit } from "../../testing/transit.ts";

let platform: TestPlatform;
let transit: TestTransit;
let r1: RunningService;
let r2: RunningService;
let tenants = 0;

/** The tenant of one test, so that tests may run in any order. */
let tenant: string;
let sql: pg.Client;
let token: string;
let bundleId: string;

beforeAll(async () => {
  [platform, transit] = await Promise.all([startPlatform(await testDatabase("sealed")), testTransit()]);
  r1 = platform.api;
  r2 = await platform.startApi("r2", { TRANSIT_URL: transit.url, TRANSIT_TOKEN: transit.token });
});

beforeEach(async () => {
  tenants += 1;
  tenant = `t${tenants}`;
  await platform.provision(tenant);
  sql = await platform.sql(tenant);
  token = await platform.token(`editor@${tenant}`);
  bundleId = String((await on(r1, "POST", "/v1/bundles", { name: "bundle" })).json.id);
});

afterAll(async () => {
  await platform.stop();
  await transit.stop();
});

const database = (): string => `${platform.databasePrefix}${tenant}`;
const on = (service: RunningService, method: string, path: string, body?: unknown): Promise<Answered> =>
  call(service.url, token, method, path, body === undefined ? {} : { body });
const codeOf = (answer: Answered): unknown => (answer.json.error as { code?: unknown } | undefined)?.code;
const expand = () => expandTenant(sql, database(), SECRETS.r2);
const stage = (name: string) => setStage(sql, name);

const create = async (service: RunningService, name: string, body: string): Promise<string> => {
  const answer = await on(service, "POST", "/v1/prompts", { bundleId, name, body });
  expect(answer.status, service.output().slice(-600)).toBe(201);
  return String(answer.json.id);
};
const bodyOf = async (service: RunningService, id: string): Promise<unknown> =>
  (await on(service, "GET", `/v1/prompts/${id}`)).json.body;

/** Versions of a prompt whose ciphertext is of the row's own revision. */
const current = async (id: string): Promise<number[]> => {
  const { rows } = await sql.query<{ version: number }>(
    `select v.version from prompt_versions v join prompt_ciphertexts c
       on c.prompt_id = v.prompt_id and c.version = v.version and c.revision = v.revision
     where v.prompt_id = $1 order by 1`,
    [id],
  );
  return rows.map((row) => row.version);
};

/** Changes the plain text behind everyone's back: no trigger, no new revision. */
const forgePlain = async (id: string, body: string | null): Promise<void> => {
  await sql.query("begin; set local session_replication_role = replica");
  await sql.query("update prompt_versions set body = $2 where prompt_id = $1", [id, body]);
  await sql.query("commit");
};

const asRole = (release: "r1" | "r2"): pg.Client => {
  const role = tenantRole(database(), release);
  const url = new URL(platform.shared.url);
  url.pathname = `/${database()}`;
  url.username = role;
  url.password = tenantRolePassword(SECRETS[release], role);
  return new pg.Client({ connectionString: url.href });
};

test("P022: before a tenant's expand R2 has no role there; at expand it keeps plain texts only", async () => {
  const id = await create(r1, "a", "plain");
  const early = await on(r2, "GET", `/v1/prompts/${id}`);
  expect([early.status, codeOf(early)]).toEqual([503, "tenant.unavailable"]);
  await expand();
  expect(await bodyOf(r2, id)).toBe("plain");
  expect((await on(r2, "PUT", `/v1/prompts/${id}`, { body: "amended by R2" })).status).toBe(200);
  await create(r2, "b", "new by R2");
  expect((await sql.query("select from prompt_ciphertexts")).rowCount).toBe(0);
  expect(await bodyOf(r1, id)).toBe("amended by R2");
});

test("P022: from dual-write on every write of R2 seals in the same transaction, and R1 still reads all of it", async () => {
  await expand();
  await stage("dual-write");
  const id = await create(r2, "a", "one 世界");
  expect((await on(r2, "PUT", `/v1/prompts/${id}`, { body: "one amended" })).json.version).toBe(1);
  expect((await on(r2, "POST", `/v1/prompts/${id}/versions`, { body: "two" })).json.version).toBe(2);
  expect(await current(id)).toEqual([1, 2]);
  expect(await bodyOf(r1, id)).toBe("two");
  const { rows } = await sql.query("select ciphertext, commitment from prompt_ciphertexts");
  for (const row of rows)
    expect(Buffer.concat([row.ciphertext, row.commitment]).toString("latin1")).not.toContain("amended");
});

test("P022: R1's write makes a ciphertext stale and never wrong; a reader at switch then takes the plain text", async () => {
  await expand();
  await stage("dual-write");
  const id = await create(r2, "a", "sealed by R2");
  await on(r1, "PUT", `/v1/prompts/${id}`, { body: "amended by R1" });
  expect(await current(id)).toEqual([]);
  await stage("switch");
  expect(await bodyOf(r2, id)).toBe("amended by R1");
  await on(r2, "PUT", `/v1/prompts/${id}`, { body: "sealed again" });
  expect(await current(id)).toEqual([1]);
});

test("P022: below switch R2 reads the plain text, from switch on the current ciphertext", async () => {
  await expand();
  await stage("dual-write");
  const id = await create(r2, "a", "the true text");
  await forgePlain(id, "a plain text nobody wrote");
  await stage("verify");
  expect(await bodyOf(r2, id)).toBe("a plain text nobody wrote");
  await stage("switch");
  expect(await bodyOf(r2, id)).toBe("the true text");
});

test("P022: a write waits for a change of stage and then does what the new stage asks", async () => {
  await expand();
  const id = await create(r2, "a", "before");
  await sql.query(`begin; ${EXCLUSIVE_LOCK}`);
  await sql.query("update baton.migration_stage set stage = 'dual-write'");
  let answered = false;
  const write = on(r2, "PUT", `/v1/prompts/${id}`, { body: "after" }).finally(() => {
    answered = true;
  });
  const watcher = await platform.sql();
  await until(async () => {
    const waiting =
      "select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = $1)";
    return answered || ((await watcher.query(waiting, [database()])).rowCount ?? 0) > 0;
  });
  expect(answered).toBe(false);
  await sql.query("commit");
  expect((await write).status).toBe(200);
  expect(await current(id)).toEqual([1]);
});

test("P022: a tenant that begins while R2 runs is sealed from its first write at dual-write", async () => {
  await expand();
  await sql.query("drop table prompt_ciphertexts, prompt_deks; drop schema baton cascade");
  const id = await create(r2, "a", "without the migration's tables");
  await expand();
  await stage("dual-write");
  expect((await on(r2, "PUT", `/v1/prompts/${id}`, { body: "sealed" })).status).toBe(200);
  expect(await current(id)).toEqual([1]);
});

test("P022: R1's role can read neither ciphertexts nor keys, and after the fence cannot write prompts", async () => {
  await expand();
  const id = await create(r1, "a", "text");
  const client = asRole("r1");
  await client.connect();
  await expect(client.query("select from prompt_ciphertexts")).rejects.toThrow("permission denied");
  await expect(client.query("select from prompt_deks")).rejects.toThrow("permission denied");
  await client.end();
  await runMigrationSql(sql, "fence.sql", database());
  const fenced = await on(r1, "PUT", `/v1/prompts/${id}`, { body: "late" });
  expect([fenced.status, codeOf(fenced)]).toEqual([503, "tenant.closed"]);
  expect((await on(r1, "POST", "/v1/prompts", { bundleId, name: "late", body: "late" })).status).toBe(503);
  expect((await on(r2, "PUT", `/v1/prompts/${id}`, { body: "R2 may" })).status).toBe(200);
  expect((await sql.query("select from prompts where name = 'late'")).rowCount).toBe(0);
});

test("P022: R1 cannot serve a contract-shaped prompt; R2 reads, amends and appends without any plain text", async () => {
  await expand();
  await stage("dual-write");
  const id = await create(r2, "a", "only sealed");
  await forgePlain(id, null);
  await stage("contract");
  const old = await on(r1, "GET", `/v1/prompts/${id}`);
  expect([old.status, codeOf(old)]).toEqual([500, "prompt.shape"]);
  expect(await bodyOf(r2, id)).toBe("only sealed");
  expect((await on(r2, "PUT", `/v1/prompts/${id}`, { body: "amended, sealed" })).status).toBe(200);
  expect(await bodyOf(r2, id)).toBe("amended, sealed");
  expect((await on(r2, "POST", `/v1/prompts/${id}/versions`, { body: "second, sealed" })).json.version).toBe(
    2,
  );
  expect(await bodyOf(r2, id)).toBe("second, sealed");
  expect((await sql.query("select from prompt_versions where body is not null")).rowCount).toBe(0);
});

test("P022: a ciphertext swapped between rows, versions, revisions or tenants does not open, and nothing is served for it", async () => {
  await expand();
  await stage("dual-write");
  const first = await create(r2, "a", "text of the first");
  const second = await create(r2, "b", "text of the second");
  await stage("switch");
  await sql.query(
    `update prompt_ciphertexts c set nonce = o.nonce, ciphertext = o.ciphertext, commitment = o.commitment
       from prompt_ciphertexts o where c.prompt_id = $1 and o.prompt_id = $2`,
    [first, second],
  );
  const swapped = await on(r2, "GET", `/v1/prompts/${first}`);
  expect(swapped.status).toBe(500);
  expect(swapped.text).not.toContain("text of");

  await sql.query("begin; set local session_replication_role = replica");
  await sql.query("update prompt_versions set revision = revision + 1000 where prompt_id = $1", [second]);
  await sql.query("update prompt_ciphertexts set revision = revision + 1000 where prompt_id = $1", [second]);
  await sql.query("commit");
  expect((await on(r2, "GET", `/v1/prompts/${second}`)).status).toBe(500);
});

test("P022: without the key service a write at dual-write is refused whole, while one at expand goes on", async () => {
  await expand();
  const id = await create(r2, "a", "before");
  const other = await on(r1, "POST", "/v1/bundles", { name: "never sealed" });
  transit.down = true;
  try {
    const body = { bundleId: other.json.id, name: "x", body: "text" };
    expect((await on(r2, "POST", "/v1/prompts", { ...body, name: "at expand" })).status).toBe(201);
    await stage("dual-write");
    const refused = await on(r2, "POST", "/v1/prompts", body);
    expect([refused.status, codeOf(refused)]).toEqual([503, "keys.unavailable"]);
    expect((await sql.query("select from prompts where name = 'x'")).rowCount).toBe(0);
  } finally {
    transit.down = false;
  }
  expect((await on(r2, "PUT", `/v1/prompts/${id}`, { body: "after" })).status).toBe(200);
});

test("P022: both releases writing the same prompts at once leave no ciphertext that is current and wrong", async () => {
  await expand();
  await stage("dual-write");
  const ids = await Promise.all([0, 1, 2].map((n) => create(n === 0 ? r1 : r2, `p${n}`, "start")));
  const writer = async (service: RunningService, name: string): Promise<number[]> => {
    const statuses: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const id = ids[n % ids.length];
      const append = n % 4 === 0;
      const answer = await on(
        service,
        append ? "POST" : "PUT",
        `/v1/prompts/${id}${append ? "/versions" : ""}`,
        {
          body: `${name} ${n}`,
        },
      );
      statuses.push(answer.status);
    }
    return statuses;
  };
  const statuses = await Promise.all([
    writer(r1, "r1 a"),
    writer(r1, "r1 b"),
    writer(r2, "r2 a"),
    writer(r2, "r2 b"),
  ]);
  expect(statuses.flat().filter((status) => status >= 400)).toEqual([]);
  const { rows } = await sql.query<{ prompt_id: string; version: number; body: string }>(
    "select prompt_id, version, body from prompt_versions",
  );
  await stage("switch");
  for (const row of rows) {
    const answer = await on(r2, "GET", `/v1/prompts/${row.prompt_id}/versions/${row.version}`);
    expect([answer.status, answer.json.body]).toEqual([200, row.body]);
  }
});

test("R2 leaves provisioning to the base release, and its log holds no text and no key", async () => {
  const root = await platform.token("root@platform");
  const refused = await call(r2.url, root, "POST", "/v1/tenants", { body: { id: "late", ring: "pilot" } });
  expect([refused.status, codeOf(refused)]).toEqual([501, "tenant.provisioner"]);
  expect(r2.output()).not.toContain(transit.token);
  expect(r2.output()).not.toContain("text of");
});
