import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SupervisorClient } from "@baton/adapters";
import type { InstanceSpec, Result } from "@baton/core";
import { isAlive } from "@baton/journal/embedded/process-mark";
import { ensureSupervisor } from "../src/launch.ts";

/** A service that keeps the process contract: health, its environment on demand, an end on demand, orderly on TERM. */
const SERVICE = `
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
const started: number = Date.now();
const answer = (req: { url?: string }) => {
  if (req.url === "/env") return process.env;
  if (req.url === "/started") return { started, pid: process.pid };
  return { ok: true };
};
if (process.env.FAIL_ONCE && !existsSync(process.env.FAIL_ONCE)) {
  writeFileSync(process.env.FAIL_ONCE, "");
  process.exit(7);
}
if (process.env.REFUSE) {
  console.log("cannot start because of " + process.env.REFUSE);
  process.exit(3);
}
let said = 0;
const server = createServer((req, res) => {
  if (req.url === "/crash") process.exit(9);
  if (req.url === "/say") for (let i = 0; i < 2000; i++) console.log("line " + ++said + " " + "x".repeat(80));
  res.end(JSON.stringify(answer(req)));
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on("SIGTERM", async () => {
  while (process.env.LINGER && !existsSync(process.env.LINGER)) await new Promise((wake) => setTimeout(wake, 10));
  console.log("stopping " + Date.now()); server.close(() => process.exit(0)); server.closeAllConnections();
});
`;

const JOB = `
console.log("job of " + process.env.WHO);
console.log("knows " + process.env.SECRET);
process.exitCode = Number(process.env.CODE ?? 0);
`;

/** A platform of two services in a temp folder, and a state folder beside it. */
export interface FakePlatform {
  readonly stateDir: string;
  readonly platformDir: string;
  readonly ports: {
    readonly back: number;
    readonly front: number;
    readonly admin: number;
    readonly work: number;
  };
  spec(service: "back" | "front", version?: string, env?: Readonly<Record<string, string>>): InstanceSpec;
  launch(): Promise<Result<SupervisorClient>>;
  /** Shuts down what runs and removes the folders; fails when a process is left. */
  cleanup(): Promise<void>;
}

/** Makes the folders; starts nothing. */
export async function fakePlatform(database = "fake_shared"): Promise<FakePlatform> {
  const root = await mkdtemp(join(tmpdir(), "baton-supervisor-"));
  const [stateDir, platformDir] = [join(root, "state"), join(root, "platform")];
  await mkdir(platformDir);
  const [back, front, admin, work] = await freePorts(4);
  const ports = { back: back ?? 0, front: front ?? 0, admin: admin ?? 0, work: work ?? 0 };
  await writeFile(join(platformDir, "service.ts"), SERVICE);
  await writeFile(join(platformDir, "job.ts"), JOB);
  await writeFile(
    join(platformDir, "platform.yaml"),
    `platform: fake
title: Fake
secrets: [token, shared-db]
databases: { shared: ${database} }
services:
  back: { title: Back, ports: { http: ${ports.back} } }
  front: { title: Front, ports: { http: ${ports.front}, admin: ${ports.admin} }, dependsOn: [back] }
tenants: { query: { database: shared, sql: "select 1" }, rings: [all] }
keys: { tokens: { token: [use, manage] } }
traffic: { adapter: gateway-http, url: "\${service.front.admin.url}", tokenSecret: token }
workload: { command: [service.ts], port: ${ports.work} }
logs: { megabytes: 1 }
`,
  );
  const launch = () => ensureSupervisor({ stateDir, platformDir, nodePath: process.execPath, log: () => {} });
  return {
    stateDir,
    platformDir,
    ports,
    launch,
    spec: (service, version = "1.0.0", env = {}) => ({
      id: `${service}@${version}`,
      service,
      version,
      command: ["service.ts"],
      ports: service === "back" ? { http: ports.back } : { http: ports.front, admin: ports.admin },
      env: { FRONT: "${service.front.url}", SECRET: "${secret.token}", DB: "${database.shared}", ...env },
      health: { path: "/health", timeoutSeconds: 30 },
    }),
    async cleanup() {
      const address = await readFile(join(stateDir, "supervisor.json"), "utf8").catch(() => null);
      if (address !== null) {
        const running = await launch();
        if (running.ok) await running.value.shutdown();
      }
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The value, or an error that says the problems. */
export function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.problems.map((problem) => `${problem.code} ${problem.message}`).join("\n"));
}

/** Codes of a failure; empty where it went well. */
export const codesOf = (result: Result<unknown>): readonly string[] =>
  result.ok ? [] : result.problems.map((problem) => problem.code);

/** Looks until the condition holds; fails after a minute. */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited a minute in vain until ${what}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** Whether a process runs. */
export const alive = async (pid: number | null): Promise<boolean> => pid !== null && (await isAlive(pid));

/** Kills a process that is there; no number, or one that names a group, is a fault of the test. */
export function kill9(pid: number | null | undefined): void {
  if (pid === null || pid === undefined || pid <= 1) throw new Error(`there is no process ${pid} to kill`);
  process.kill(pid, "SIGKILL");
}

/** What a service of the fake platform answers. */
export async function ask(url: string | undefined, path: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${url}${path}`)).json()) as Record<string, unknown>;
}

/** Ports that were free a moment ago, no two the same. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
