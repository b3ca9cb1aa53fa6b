import { execFile } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { testDatabase } from "@baton/testkit";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { alive, codesOf, type FakePlatform, fakePlatform, until, value } from "../test/fake-platform.ts";
import { findSupervisor } from "./launch.ts";
import { prepareStateDir } from "./state-dir.ts";

const run = promisify(execFile);

describe("what a supervisor refuses before anything is started", () => {
  const platforms: FakePlatform[] = [];
  const fresh = async (database?: string): Promise<FakePlatform> => {
    const platform = await fakePlatform(database);
    platforms.push(platform);
    return platform;
  };
  afterEach(() => {
    delete process.env.DATABASE_URL;
    delete process.env.BATON_KEYS_PASSPHRASE;
  });
  afterAll(async () => {
    for (const platform of platforms) await platform.cleanup();
  });

  test("a file in the way of the state folder", async () => {
    const platform = await fresh();
    await writeFile(platform.stateDir, "not a folder");
    expect(codesOf(await platform.launch())).toEqual(["BATON-STATE-UNWRITABLE"]);
    await rm(platform.stateDir);
  });

  test("a full disk under the state folder", async (context) => {
    const platform = await fresh();
    await mkdir(platform.stateDir);
    const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", platform.stateDir]).then(
      () => true,
      () => false,
    );
    if (!mounted) return context.skip("only root may mount a small disk");
    try {
      const refused = await platform.launch();
      expect(codesOf(refused)).toEqual(["BATON-STATE-UNWRITABLE"]);
      expect(JSON.stringify(refused)).toContain("full");
      expect(await readdir(platform.stateDir)).not.toContain("postgres");
    } finally {
      await run("umount", [platform.stateDir]);
    }
  });

  test("too little room for PostgreSQL's first data", async (context) => {
    const platform = await fresh();
    await mkdir(platform.stateDir);
    const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", platform.stateDir]).then(
      () => true,
      () => false,
    );
    if (!mounted) return context.skip("only root may mount a small disk");
    try {
      expect(codesOf(await prepareStateDir(platform.stateDir, true))).toEqual(["BATON-STATE-UNWRITABLE"]);
      expect(codesOf(await prepareStateDir(platform.stateDir, false))).toEqual([]);
    } finally {
      await run("umount", [platform.stateDir]);
    }
  });

  test("an unreachable DATABASE_URL, whose password it does not repeat", async () => {
    const platform = await fresh();
    const port = await closedPort();
    process.env.DATABASE_URL = `postgres://someone:hunter22@127.0.0.1:${port}/x`;
    const refused = await platform.launch();
    expect(codesOf(refused)).toEqual(["BATON-POSTGRES-UNREACHABLE"]);
    expect(JSON.stringify(refused)).not.toContain("hunter22");
    expect(await findSupervisor(platform.stateDir)).toBeNull();
  });

  test("a platform file with faults, all of them at once", async () => {
    const platform = await fresh();
    await writeFile(join(platform.platformDir, "platform.yaml"), "platform: Bad Name\nservices: 7\n");
    const codes = codesOf(await platform.launch());
    expect(codes.length).toBeGreaterThan(1);
    expect(new Set(codes)).toEqual(new Set(["BATON-PLATFORM-FIELD"]));
    await rm(join(platform.platformDir, "platform.yaml"));
    expect(codesOf(await platform.launch())).toEqual(["BATON-PLATFORM-MISSING"]);
  });

  test("a wrong passphrase for the key file; the right one opens it again; nothing is left running", async () => {
    const database = await testDatabase("supervisor");
    const platform = await fresh(`${new URL(database.url).pathname.slice(1)}_shared`);
    process.env.DATABASE_URL = database.url;
    process.env.BATON_KEYS_PASSPHRASE = "correct horse";
    const first = value(await platform.launch());
    const state = value(await first.state());
    expect(state.postgres).toMatchObject({ state: "external", pid: null });
    expect(state.generated).not.toContain("baton-keys-passphrase");
    const url = value(await first.resolve("${keys.url}"));
    const token = value(await first.resolve("${secret.token}"));
    await fetch(`${url}/v1/transit/keys/k1`, {
      method: "POST",
      headers: { "x-vault-token": token },
      body: "{}",
    });
    expect(new URL(value(await first.resolve("${database.baton}"))).pathname).toBe(
      new URL(database.url).pathname,
    );
    value(await first.shutdown());
    await until(async () => !(await alive(state.pid)), "the supervisor has ended");

    process.env.BATON_KEYS_PASSPHRASE = "wrong horse";
    const refused = await platform.launch();
    expect(codesOf(refused)).toEqual(["BATON-KEYS-PASSPHRASE"]);
    expect(JSON.stringify(refused)).not.toContain("wrong horse");
    delete process.env.BATON_KEYS_PASSPHRASE;
    expect(codesOf(await platform.launch())).toEqual(["BATON-KEYS-PASSPHRASE"]);
    expect(await findSupervisor(platform.stateDir)).toBeNull();

    process.env.BATON_KEYS_PASSPHRASE = "correct horse";
    const again = value(await platform.launch());
    value(await again.shutdown());
    await database.drop();
  });
});

/** A port that was free a moment ago: a connection to it is refused. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 1;
}
