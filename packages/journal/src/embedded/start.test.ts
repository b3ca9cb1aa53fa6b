import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeData } from "./place.ts";
import { until } from "./postmaster.ts";
import { isAlive } from "./process-mark.ts";
import { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from "./start.ts";

const script = fileURLToPath(new URL("../../test/start-server.ts", import.meta.url));
const password = "pass/word @1%";
let folder: string;
let options: EmbeddedOptions;
const servers: EmbeddedServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "baton-embedded-"));
  options = { dataDir: join(folder, "postgres"), logFile: join(folder, "logs", "postgres.log"), password };
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await removeData(options.dataDir);
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

async function started(more: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServer> {
  const server = await startEmbedded({ ...options, ...more });
  if (!server.ok) throw new Error(JSON.stringify(server.problems));
  servers.push(server.value);
  return server.value;
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

function startInChild(): ChildProcess {
  return spawn(process.execPath, [script, options.dataDir, options.logFile, password], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function firstLine(child: ChildProcess): Promise<{ pid: number; port: number }> {
  if (child.stdout === null) throw new Error("no output");
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  throw new Error("the child said nothing");
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

const code = async (more: Partial<EmbeddedOptions>): Promise<string> => {
  const result = await startEmbedded({ ...options, ...more });
  if (result.ok) {
    servers.push(result.value);
    return "ok";
  }
  return result.problems.map((p) => p.code).join();
};

describe("the embedded PostgreSQL", () => {
  it("starts durable, in UTF-8, on 127.0.0.1 only, and is gone after stop", async () => {
    const server = await started();
    expect(server.adopted).toBe(false);
    const settings = await query(
      server.url(),
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'listen_addresses',
       'unix_socket_directories', 'server_encoding', 'max_connections', 'password_encryption')`,
    );
    expect(Object.fromEntries(settings.map((row) => [row.name, row.setting]))).toEqual({
      fsync: "on",
      synchronous_commit: "on",
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      server_encoding: "UTF8",
      max_connections: "200",
      password_encryption: "scram-sha-256",
    });
    await expect(query(server.url().replace(":pass%2Fword", ":other"), "select 1")).rejects.toMatchObject({
      code: "28P01",
    });
    await server.stop();
    expect(await isAlive(server.pid)).toBe(false);
  });

  it("moves to a free port when the wanted one is taken", async () => {
    const taken: Server = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const server = await started({ port });
    taken.close();
    expect(server.port).not.toBe(port);
    expect(await query(server.url(), "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("outlives a kill -9 of its starter and is adopted by the next start", async () => {
    const child = startInChild();
    const first = await firstLine(child);
    await killed(child);
    expect(await isAlive(first.pid)).toBe(true);
    const server = await started();
    expect(server).toMatchObject({ adopted: true, pid: first.pid, port: first.port });
    expect(await query(server.url(), "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("loses nothing committed when the server itself is killed with -9", async () => {
    const before = await started();
    await query(before.url(), "create table kept as select generate_series(1, 1000) as n");
    process.kill(before.pid, "SIGKILL");
    expect(await until(async () => !(await isAlive(before.pid)), 10_000)).toBe(true);
    const after = await started();
    expect(after.adopted).toBe(false);
    expect(await query(after.url(), "select count(*)::int as n from kept")).toEqual([{ n: 1000 }]);
  });

  it("ends a running server that has another password, and says that the data has another password", async () => {
    const server = await started();
    expect(await code({ password: "another" })).toBe("BATON-POSTGRES-PASSWORD");
    expect(await isAlive(server.pid)).toBe(false);
    expect(await code({})).toBe("ok");
  });

  it("starts beside a pid file whose number belongs to another program now", async () => {
    const before = await started();
    await before.stop();
    await writeFile(join(options.dataDir, "postmaster.pid"), `${process.pid}\n${options.dataDir}\n1\n5432\n`);
    const after = await started();
    expect(after.adopted).toBe(false);
  });

  it("makes the data anew after a kill -9 in the middle of making it, and leaves nothing of the first try", async () => {
    const child = startInChild();
    const aside = async () => (await readdir(folder)).some((name) => name.includes(".init-"));
    expect(await until(aside, 30_000)).toBe(true);
    await killed(child);
    const server = await started();
    expect(await query(server.url(), "select 1 as one")).toEqual([{ one: 1 }]);
    expect((await readdir(folder)).sort()).toEqual(["logs", "postgres"]);
  });

  it("gives two starts at the same time one and the same server", async () => {
    const [one, two] = await Promise.all([started(), started()]);
    expect(one.pid).toBe(two.pid);
    expect([one.adopted, two.adopted].sort()).toEqual([false, true]);
  });

  it("says what is wrong with a folder that cannot be written or holds something else", async () => {
    await writeFile(join(folder, "file"), "");
    expect(await code({ dataDir: join(folder, "file", "data") })).toBe("BATON-POSTGRES-FOLDER");
    await mkdir(join(folder, "holiday"));
    await writeFile(join(folder, "holiday", "photo.jpg"), "");
    expect(await code({ dataDir: join(folder, "holiday") })).toBe("BATON-POSTGRES-DATA");
    expect(await readdir(join(folder, "holiday"))).toEqual(["photo.jpg"]);
    expect(await code({ logFile: join(folder, "file", "log") })).toBe("BATON-POSTGRES-FOLDER");
  });

  it("ends what it began when it is cancelled", async () => {
    expect(await code({ signal: AbortSignal.abort() })).toBe("BATON-POSTGRES-CANCELLED");
    expect(await readdir(folder)).toEqual([]);
    await (await started()).stop();
    expect(await code({ signal: AbortSignal.abort() })).toBe("BATON-POSTGRES-CANCELLED");
    expect(await readdir(options.dataDir)).not.toContain("postmaster.pid");
  });

  it("keeps passwords and statements out of the server's log", async () => {
    const server = await started();
    await expect(query(server.url(), "create role r password 'hush-hush' nonsense")).rejects.toThrow();
    await expect(query(server.url(), "select 'hush-hush'::int")).rejects.toThrow();
    const log = await readFile(options.logFile, "utf8");
    expect(log).not.toContain("create role");
    expect(log).not.toContain(password);
  });

  it.runIf(process.getuid?.() === 0)(
    "gives up root where there are no user namespaces, under a folder of 0700",
    async () => {
      const runner = { kind: "user", uid: 65534, gid: 65534 } as const;
      const server = await started({ runner });
      await query(server.url(), "create table kept (n int)");
      await server.stop();
      expect(await code({ runner: { kind: "direct" } })).toBe("BATON-POSTGRES-DATA");
      const again = await started({ runner });
      expect(await query(again.url(), "select * from kept")).toEqual([]);
      const home = await readFile(`${options.dataDir}.moved`, "utf8");
      await again.stop();
      await removeData(options.dataDir);
      await expect(readdir(home)).rejects.toMatchObject({ code: "ENOENT" });
    },
  );
});
