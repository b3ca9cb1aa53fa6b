import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { testDatabase } from "@baton/testkit/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, SECRETS, startPlatform, type TestPlatform } from "../services/testing/platform.ts";
import { tenantPrompts } from "./tenant-prompts.ts";
import { seedTenants } from "./tenants.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform(await testDatabase("seed"));
});

afterAll(() => platform.stop());

const seed = async (env: Record<string, string>): Promise<{ code: unknown; output: string }> => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("main.ts", import.meta.url))], {
    env: {
      PATH: process.env.PATH,
      API_URL: platform.api.url,
      ISSUER: platform.issuer,
      USERS_SECRET: SECRETS.users,
      SHARED_DATABASE_URL: platform.shared.url,
      TENANTS_SERVER_URL: platform.shared.url,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const [code] = await once(child, "exit");
  return { code, output };
};

test("twelve tenants in three rings, each with 200 prompts in ten bundles; a second run changes nothing", async () => {
  const first = await seed({});
  expect(first.code, first.output).toBe(0);
  const shared = await platform.sql();
  const { rows } = await shared.query(
    "select ring, count(*)::int as tenants from tenants where state = 'ready' group by 1 order by 1",
  );
  expect(rows).toEqual([
    { ring: "general", tenants: 8 },
    { ring: "internal", tenants: 1 },
    { ring: "pilot", tenants: 3 },
  ]);
  const kelp = await platform.sql("kelp");
  const counts = await kelp.query(`select (select count(*)::int from prompts) as prompts,
    (select count(*)::int from bundles) as bundles, (select max(version) from prompt_versions) as versions,
    (select count(*)::int from bundles b where not exists (select from prompts p where p.bundle_id = b.id)) as empty`);
  expect(counts.rows).toEqual([{ prompts: 200, bundles: 10, versions: 4, empty: 0 }]);

  await kelp.query("update prompt_versions set body = 'changed by a person'");
  const second = await seed({});
  expect([second.code, second.output]).toEqual([0, expect.stringContaining('"added":0')]);
  expect((await kelp.query("select from prompt_versions where body <> 'changed by a person'")).rowCount).toBe(
    0,
  );

  const token = await platform.token("viewer@kelp");
  const list = await call(platform.api.url, token, "GET", "/v1/prompts?limit=200");
  expect([list.status, (list.json.items as unknown[]).length]).toEqual([200, 200]);
});

test("texts are the same each time, differ between tenants, and have 100 to 2,000 characters with more than ASCII", () => {
  const { prompts } = tenantPrompts("aster", 200);
  expect(tenantPrompts("aster", 200).prompts).toEqual(prompts);
  expect(tenantPrompts("birch", 200).prompts[0]?.bodies).not.toEqual(prompts[0]?.bodies);
  const bodies = prompts.flatMap((prompt) => prompt.bodies);
  for (const body of bodies) {
    expect(body.length).toBeGreaterThanOrEqual(100);
    expect(body.length).toBeLessThanOrEqual(2000);
    expect(body.isWellFormed()).toBe(true);
  }
  expect(bodies.some((body) => /\p{Script=Han}/u.test(body))).toBe(true);
  expect(new Set(prompts.map((prompt) => prompt.bodies.length))).toEqual(new Set([1, 2, 3, 4]));
});

test("a benchmark's tenants are as many as asked for, in all three rings", () => {
  const tenants = seedTenants(100);
  expect(tenants).toHaveLength(100);
  expect([tenants[0]?.id, tenants[99]?.id]).toEqual(["t001", "t100"]);
  expect(new Set(tenants.map((tenant) => tenant.ring)).size).toBe(3);
});
