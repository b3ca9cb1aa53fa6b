import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort, type RunningService, startService, until } from "../services/testing/processes.ts";
import { type StandIn, standIn } from "./testing/stand-in.ts";

const SECRET = "a secret of this test";
const TENANTS = ["aster", "birch", "cedar"];

interface Stats {
  running: boolean;
  requests: { total: number; failed: number };
  writes: { acknowledged: number };
  windows: Record<
    string,
    { requests: number; failed: number; p50: number | null; p99: number | null; seconds: number }
  >;
  recentFailures: { method: string; path: string; status: number | null; error: string }[];
}
interface Verified {
  acknowledged: number;
  lost: number;
  checked: number;
  missing: { tenant: string; prompt: string; version: number; reason: string }[];
}

let folder: string;
let platform: StandIn;
let workload: RunningService;

const start = (env: Record<string, string> = {}): Promise<RunningService> =>
  startService({
    entry: "workload/main.ts",
    health: "/health",
    env: {
      GATEWAY_URL: platform.url,
      ISSUER: platform.url,
      USERS_SECRET: SECRET,
      LEDGER: join(folder, "deep", "ledger.ndjson"),
      RATE: "240",
      ...env,
    },
  });
const stats = async (): Promise<Stats> => (await fetch(`${workload.url}/stats`)).json() as Promise<Stats>;
const post = (path: string, body?: unknown): Promise<Response> =>
  fetch(`${workload.url}${path}`, {
    method: "POST",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const verify = async (): Promise<Verified> => (await post("/verify")).json() as Promise<Verified>;
const acknowledged = (count: number): Promise<void> =>
  until(async () => (await stats()).writes.acknowledged >= count);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "workload-"));
  platform = await standIn(SECRET, TENANTS);
});

afterEach(async () => {
  await workload.kill();
  await platform.close();
  await rm(folder, { recursive: true, force: true });
});

test("every tenant's users read and write, break no rule of the API, and everything acknowledged reads back", async () => {
  workload = await start();
  await acknowledged(120);
  await until(async () =>
    TENANTS.every((t) => platform.seen.has(`PUT ${t}`) && platform.seen.has(`POST ${t}`)),
  );
  const verified = await verify();
  expect(verified).toMatchObject({ lost: 0, missing: [] });
  expect(verified.checked).toBeGreaterThan(20);
  const figures = await stats();
  expect(figures.recentFailures).toEqual([]);
  expect(figures).toMatchObject({ running: true, requests: { failed: 0 } });
  expect(platform.breaches).toEqual([]);
  const share = figures.writes.acknowledged / figures.requests.total;
  expect(share).toBeGreaterThan(0.15);
  expect(share).toBeLessThan(0.55);
});

test("a write that was acknowledged and not kept is reported as lost, once, with its prompt", async () => {
  workload = await start({ RATE: "60" });
  await acknowledged(10);
  await post("/pause");
  platform.faults.lose = 1;
  await post("/resume");
  await until(async () => platform.faults.lose === 0);
  await post("/pause");
  platform.faults.refuse = 0;
  const verified = await verify();
  expect(verified.lost).toBe(1);
  expect(verified.missing).toHaveLength(1);
  expect(verified.missing[0]?.reason).toMatch(/wrong|404/);
});

test("a row that was overwritten behind the platform's back is lost too", async () => {
  workload = await start();
  await acknowledged(10);
  await post("/pause");
  expect((await verify()).lost).toBe(0);
  const ledger = await readFile(join(folder, "deep", "ledger.ndjson"), "utf8");
  const acknowledgements = ledger.split("\n").filter((line) => line.includes('"acknowledged"'));
  const last = JSON.parse(acknowledgements.at(-1) ?? "") as { prompt: string; version: number };
  const kept = [...platform.tenants.values()].flatMap((t) => t.prompts.get(last.prompt) ?? []);
  kept[0]?.bodies.splice(last.version - 1, 1, "old again");
  const verified = await verify();
  expect(verified.missing).toMatchObject([{ prompt: last.prompt, version: last.version }]);
});

test("a wrong body, a 500 and a broken connection each count as one failed request, and nothing is sent twice", async () => {
  workload = await start();
  await acknowledged(20);
  platform.faults.misread = 1;
  platform.faults.refuse = 2;
  platform.faults.reset = 3;
  await until(async () => platform.faults.misread + platform.faults.refuse + platform.faults.reset === 0);
  await post("/pause");
  const { requests, recentFailures, windows } = await stats();
  expect(requests.failed).toBe(6);
  expect(windows.before?.failed).toBe(6);
  expect(recentFailures.filter((f) => f.status === 200 && f.error.includes("wrong body"))).toHaveLength(1);
  expect(recentFailures.filter((f) => f.status === 500)).toHaveLength(2);
  expect(recentFailures.filter((f) => f.status === null)).toHaveLength(3);
  expect(recentFailures.map((f) => JSON.stringify(f)).join()).not.toContain(SECRET);
  expect((await verify()).lost).toBe(0);
});

test("a write that was kept and never answered fails, yet its row is not lost, whichever body it holds", async () => {
  workload = await start();
  await acknowledged(20);
  platform.faults.silence = 5;
  platform.faults.refuse = 5;
  await until(async () => platform.faults.silence + platform.faults.refuse === 0);
  await acknowledged((await stats()).writes.acknowledged + 20);
  const verified = await verify();
  expect(verified).toMatchObject({ lost: 0, missing: [] });
  expect((await stats()).requests.failed).toBe(10);
});

test("the ledger outlives kill -9: after a restart earlier writes are still verified, and a lost one is found", async () => {
  workload = await start();
  await acknowledged(60);
  const before = (await stats()).writes.acknowledged;
  await workload.kill();
  workload = await start();
  const verified = await verify();
  expect(verified.acknowledged).toBeGreaterThanOrEqual(before);
  expect(verified).toMatchObject({ lost: 0, missing: [] });
  await acknowledged(before + 20);
  await workload.kill();
  for (const tenant of platform.tenants.values()) tenant.prompts.clear();
  workload = await start({ RATE: "0.1" });
  expect((await verify()).lost).toBeGreaterThan(20);
});

test("failures outlive kill -9: a restart never turns failed requests into none", async () => {
  workload = await start();
  await acknowledged(20);
  platform.faults.refuse = 2;
  await until(async () => (await stats()).requests.failed === 2);
  await workload.kill();
  workload = await start();
  expect((await stats()).requests.failed).toBe(2);
  expect((await stats()).requests.total).toBeGreaterThan(2);
});

test("a torn last line is cut off; damage before it stops the workload with the line's number", async () => {
  const path = join(folder, "deep", "ledger.ndjson");
  workload = await start();
  await acknowledged(10);
  expect(await workload.stop()).toBe(0);
  const whole = await readFile(path, "utf8");
  await writeFile(path, `${whole}{"kind":"acknow`);
  workload = await start({ RATE: "0.1" });
  expect((await verify()).lost).toBe(0);
  await workload.kill();
  const [first = "", , ...rest] = whole.split("\n");
  await writeFile(path, [first, "{", ...rest].join("\n"));
  await expect(start()).rejects.toThrow(/damaged in line 2/);
});

test("tokens are renewed before they end, so that no request is refused", async () => {
  await platform.close();
  platform = await standIn(SECRET, TENANTS, 2);
  workload = await start({ RATE: "60" });
  await until(async () => platform.signIn.given > 18);
  expect((await stats()).recentFailures).toEqual([]);
  expect(platform.breaches).toEqual([]);
});

test("pause ends when nothing is under way, resume goes on, windows keep their own figures", async () => {
  workload = await start();
  await until(async () => (await stats()).requests.total > 20);
  expect((await post("/window", { name: "during" })).status).toBe(200);
  expect((await post("/window", { name: "no spaces here" })).status).toBe(400);
  await until(async () => ((await stats()).windows.during?.requests ?? 0) > 20);
  expect(await (await post("/pause")).json()).toEqual({ running: false });
  const total = (await stats()).requests.total;
  const { before, during } = (await stats()).windows;
  expect((before?.requests ?? 0) + (during?.requests ?? 0)).toBe(total);
  expect(during?.p99).toBeGreaterThanOrEqual(during?.p50 ?? Number.NaN);
  expect((await stats()).requests.total).toBe(total);
  await post("/resume");
  await until(async () => (await stats()).requests.total > total);
});

test("SIGTERM ends it with 0 and leaves no write in doubt", async () => {
  workload = await start();
  await acknowledged(20);
  expect(await workload.stop()).toBe(0);
  const lines = (await readFile(join(folder, "deep", "ledger.ndjson"), "utf8")).trim().split("\n");
  const kinds = lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
  const count = (kind: string): number => kinds.filter((one) => one === kind).length;
  expect(count("intent")).toBe(count("acknowledged"));
});

test("what is missing in the environment is named all at once", async () => {
  const port = await freePort();
  workload = { ...workload, kill: async () => undefined };
  await expect(startService({ entry: "workload/main.ts", port, env: { LEDGER: "x" } })).rejects.toThrow(
    /GATEWAY_URL, ISSUER, USERS_SECRET/,
  );
});
