import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@baton/testkit/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECRETS, startPlatform, type TestPlatform } from "../services/testing/platform.ts";
import { type RunningService, startService, until } from "../services/testing/processes.ts";

let folder: string;
let platform: TestPlatform;
let workload: RunningService;

interface Stats {
  readonly requests: { readonly total: number; readonly failed: number };
  readonly writes: { readonly acknowledged: number };
  readonly recentFailures: readonly unknown[];
}
const stats = async (): Promise<Stats> => (await fetch(`${workload.url}/stats`)).json() as Promise<Stats>;
const post = async (path: string): Promise<unknown> =>
  (await fetch(workload.url + path, { method: "POST" })).json();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "workload-"));
  platform = await startPlatform(await testDatabase("workload"));
  await platform.provision("aster", "birch");
  const gateway = await platform.startGateway();
  workload = await startService({
    entry: "workload/main.ts",
    health: "/health",
    env: {
      GATEWAY_URL: gateway.url,
      ISSUER: platform.issuer,
      USERS_SECRET: SECRETS.users,
      LEDGER: join(folder, "ledger.ndjson"),
      RATE: "100",
    },
  });
});

afterAll(async () => {
  await workload?.kill();
  await platform.stop();
  await rm(folder, { recursive: true, force: true });
});

test("users of D.Coder at R1 work without one failed request, and every acknowledged write reads back", async () => {
  await until(async () => (await stats()).writes.acknowledged >= 60, 60_000);
  expect(await post("/verify")).toMatchObject({ lost: 0, missing: [] });
  const { requests, recentFailures } = await stats();
  expect([requests.failed, recentFailures]).toEqual([0, []]);
});

test("a row changed in the tenant's database behind everybody's back is reported as lost", async () => {
  await until(async () => (await stats()).writes.acknowledged >= 20, 60_000);
  await post("/pause");
  const ledger = await readFile(join(folder, "ledger.ndjson"), "utf8");
  const lines = ledger.split("\n").filter((line) => line.includes('"acknowledged"'));
  const last = JSON.parse(lines.at(-1) ?? "") as { prompt: string; version: number };
  for (const tenant of ["aster", "birch"]) {
    const sql = await platform.sql(tenant);
    await sql.query("update prompt_versions set body = 'overwritten' where prompt_id = $1 and version = $2", [
      last.prompt,
      last.version,
    ]);
  }
  expect(await post("/verify")).toMatchObject({
    lost: 1,
    missing: [{ prompt: last.prompt, version: last.version, reason: expect.stringContaining("wrong body") }],
  });
});
