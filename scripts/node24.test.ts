import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const LAUNCHER = fileURLToPath(new URL("./node24.mjs", import.meta.url));
const BATON = fileURLToPath(new URL("../apps/cli/bin/baton.mjs", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "baton-launcher-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Exit code of a script run through the launcher. */
async function exitOf(script: string, env: NodeJS.ProcessEnv = process.env): Promise<unknown> {
  const file = join(folder, `script-${script.length}.mjs`);
  await writeFile(file, script);
  const [code] = await once(spawn(process.execPath, [LAUNCHER, file], { stdio: "ignore", env }), "exit");
  return code;
}

test("a launcher ends as its child ends: with its code, or with 128 and the signal's number", async () => {
  expect(await exitOf("process.exitCode = 3;")).toBe(3);
  expect(await exitOf('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);')).toBe(137);
  expect(await exitOf('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1e3);')).toBe(143);
});

test("what is compiled is kept for the next start, in the folder that the surroundings name or else in the checkout's own", async () => {
  const kept = (where: string) => `process.exitCode = process.env.NODE_COMPILE_CACHE ${where} ? 0 : 1;`;
  const { NODE_COMPILE_CACHE: _own, ...bare } = process.env;
  expect(await exitOf(kept('?.includes("node_modules")'), bare)).toBe(0);
  const named = { ...bare, NODE_COMPILE_CACHE: folder };
  expect(await exitOf(kept(`=== ${JSON.stringify(folder)}`), named)).toBe(0);
});

test("baton's launcher says 137 when Baton was killed", async (context) => {
  if (process.platform !== "linux") return context.skip("the child is found by /proc");
  const launcher = spawn(process.execPath, [BATON, "logs", "--follow", "--state", folder], {
    stdio: "ignore",
  });
  const ended = once(launcher, "exit");
  for (let child: number | null = null; child === null; ) {
    child = await childOf(launcher.pid ?? -1);
    if (child === null) await new Promise((wake) => setTimeout(wake, 20));
    else process.kill(child, "SIGKILL");
  }
  expect((await ended)[0]).toBe(137);
});

async function childOf(parent: number): Promise<number | null> {
  for (const name of (await readdir("/proc")).filter((one) => /^\d+$/.test(one))) {
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    if (stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === String(parent)) return Number(name);
  }
  return null;
}
