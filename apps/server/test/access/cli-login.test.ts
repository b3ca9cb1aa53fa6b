import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AccessServer, builtIn, serverOfAnn } from "./access-server.ts";
import type { Browser } from "./browser.ts";

const BATON = fileURLToPath(new URL("../../../cli/bin/baton.mjs", import.meta.url));

let server: AccessServer;
let ann: Browser;
let folder: string;
const running: ChildProcess[] = [];
beforeAll(async () => {
  ({ server, ann } = await serverOfAnn());
  folder = await mkdtemp(join(tmpdir(), "baton-login-"));
});
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The command line with a home of the test's own. */
function baton(...args: string[]) {
  const env = { ...process.env, XDG_CONFIG_HOME: folder, APPDATA: folder, NO_COLOR: "1" };
  const child = spawn(process.execPath, [BATON, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let output = "";
  const waiting: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => {
      output += part;
      for (const look of waiting) look();
    });
  return {
    child,
    output: () => output,
    exit: new Promise<number | null>((resolve) => child.on("close", resolve)),
    said: (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output)?.[0];
          if (found !== undefined) resolve(found);
        };
        waiting.push(look);
        child.on("close", () => reject(new Error(output)));
        look();
      }),
  };
}

const file = () => join(folder, "baton", "servers.json");
const tokenOf = async (): Promise<string> => JSON.parse(await readFile(file(), "utf8"))[server.url].token;
const view = async (token: string) =>
  (await fetch(`${server.url}/v1/view`, { headers: { authorization: `Bearer ${token}` } })).status;

/** What a person does with the address the command line shows. Gives where the browser is sent back to. */
async function sayYes(address: string): Promise<string> {
  const page = await ann.get(address);
  const fields = [...page.body.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  return (await ann.post("/auth/cli", Object.fromEntries(fields))).headers.get("location") ?? "";
}

test("baton login: a person says yes in the browser, the token is in a file of theirs alone; baton logout ends it", async () => {
  const login = baton("login", server.url);
  const back = await sayYes(await login.said(/http\S+\/auth\/cli\?\S+/));
  // What was not asked for is not taken, and does not disturb.
  const forged = new URL(back);
  forged.searchParams.set("state", "x".repeat(43));
  expect((await fetch(forged)).status).toBe(400);
  expect((await fetch(new URL("/", back))).status).toBe(400);
  expect((await fetch(back)).status).toBe(200);
  expect(await login.exit).toBe(0);
  expect(login.output()).toContain(`Signed in at ${server.url} as ${builtIn("ann").name} (built-in)`);
  const token = await tokenOf();
  expect(await view(token)).toBe(200);
  expect(login.output()).not.toContain(token);
  if (process.platform !== "win32") {
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "baton"))).mode & 0o777).toBe(0o700);
  }
  const logout = baton("logout", server.url);
  expect(await logout.exit).toBe(0);
  expect(await view(token)).toBe(401);
  expect(JSON.parse(await readFile(file(), "utf8"))).toEqual({});
});

test("baton login that is left by Ctrl-C changes nothing, and an address that would carry a token in clear is refused", async () => {
  const login = baton("login", server.url);
  await login.said(/http\S+\/auth\/cli\?\S+/);
  login.child.kill("SIGINT");
  expect(await login.exit).toBe(1);
  expect(login.output()).toContain("BATON-LOGIN-STOPPED");
  for (const address of [
    "http://baton.example",
    "ftp://baton.example",
    "https://user:pw@baton.example",
    "x",
  ]) {
    const refused = baton("login", address);
    expect([address, await refused.exit]).toEqual([address, 1]);
    expect(refused.output()).toContain("BATON-LOGIN-ADDRESS");
    expect(refused.output()).not.toContain("user:pw");
  }
  const nobody = baton("token", "list", "--server", "https://baton.example");
  expect(await nobody.exit).toBe(1);
  expect(nobody.output()).toContain("BATON-LOGIN-NONE");
});
