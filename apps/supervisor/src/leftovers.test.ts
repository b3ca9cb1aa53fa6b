import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { markOf } from "@baton/journal/embedded/process-mark";
import { afterEach, describe, expect, test } from "vitest";
import { alive, type FakePlatform, fakePlatform, until, value } from "../test/fake-platform.ts";
import { leftovers } from "./index.ts";

describe("what still runs of a state folder", () => {
  const folders: string[] = [];
  let platform: FakePlatform | null = null;
  afterEach(async () => {
    await platform?.cleanup();
    platform = null;
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });
  const stateFolder = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "baton-leftovers-"));
    folders.push(folder);
    return folder;
  };
  const remember = (folder: string, keys: unknown): Promise<void> =>
    writeFile(
      join(folder, "supervisor-state.json"),
      JSON.stringify({ version: 1, keys: { process: keys, wasHealthy: true } }),
    );

  test("nothing in a folder that is not there, is empty, or cannot be read", async () => {
    const folder = await stateFolder();
    expect(await leftovers(join(folder, "absent"))).toEqual({ alive: [] });
    expect(await leftovers(folder)).toEqual({ alive: [] });
    await writeFile(join(folder, "supervisor-state.json"), "{ half of it");
    expect(await leftovers(folder)).toEqual({ alive: [] });
  });

  test("a process counts by its number and its start, not by its number alone", async () => {
    const folder = await stateFolder();
    const mark = await markOf(process.pid);
    await remember(folder, { launch: "x", mark, fingerprint: "" });
    expect(await leftovers(folder)).toEqual({ alive: [{ name: "keys", pid: process.pid }] });
    await remember(folder, { launch: "x", mark: { pid: process.pid, startMark: "other" }, fingerprint: "" });
    await mkdir(join(folder, "postgres"));
    await writeFile(join(folder, "postgres", "postmaster.pid"), `${process.pid}\n${folder}\n1\n5432\n`);
    expect(await leftovers(folder)).toEqual({ alive: [] });
  });

  test("after kill -9 of the supervisor each orphan is named, and after an orderly end none", async () => {
    delete process.env.DATABASE_URL;
    platform = await fakePlatform();
    const client = value(await platform.launch());
    value(await client.putInstance(platform.spec("back")));
    value(await client.putHelper("workload", { command: ["service.ts"], port: platform.ports.work }));
    const before = value(await client.state());
    const orphans = [
      { name: "workload", pid: before.helpers[0]?.pid },
      { name: "back@1.0.0", pid: before.instances[0]?.pid },
      { name: "keys", pid: before.keys.pid },
      { name: "postgres", pid: before.postgres.pid },
    ];
    const supervisor = { name: "supervisor", pid: before.pid };
    expect(await leftovers(platform.stateDir)).toEqual({ alive: [supervisor, ...orphans] });
    process.kill(before.pid, "SIGKILL");
    await until(async () => !(await alive(before.pid)), "the supervisor is dead");
    expect(await leftovers(platform.stateDir)).toEqual({ alive: orphans });

    const again = value(await platform.launch());
    const { pid } = value(await again.state());
    value(await again.shutdown());
    await until(async () => !(await alive(pid)), "the supervisor has ended");
    expect(await leftovers(platform.stateDir)).toEqual({ alive: [] });
  });
});
