import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { readAccess } from "@baton/conductor";
import { afterAll, beforeAll, expect, test } from "vitest";
import { environment, type PlatformServer, platformServer, value } from "../api/platform-server.ts";
import type { Browser } from "./browser.ts";

const BATON = fileURLToPath(new URL("../../../cli/bin/baton.mjs", import.meta.url));

let server: PlatformServer;
beforeAll(async () => {
  server = await platformServer();
});
afterAll(() => server.stop());

/** A command line's token of whoever is signed in to a browser. */
async function tokenOf(who: Browser): Promise<string> {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const answer = await who.post("/auth/cli", { port: "45678", challenge, state: "s".repeat(22) });
  const code = new URL(answer.headers.get("location") ?? "").searchParams.get("code");
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ code, verifier });
  const got = await fetch(`${server.url}/auth/cli/token`, { method: "POST", headers, body });
  return ((await got.json()) as { token: string }).token;
}

/** Runs `baton ARGS --server … --json` with a token, and gives its exit code and its one line. */
const baton = (token: string, ...args: string[]) =>
  new Promise<{ code: number; value: Record<string, unknown> }>((resolve, reject) => {
    const env = { ...process.env, BATON_TOKEN: token };
    const child = execFile(
      process.execPath,
      [BATON, ...args, "--server", server.url, "--json"],
      { env },
      (_, stdout, stderr) => {
        try {
          resolve({ code: child.exitCode ?? -1, value: JSON.parse(stdout) as Record<string, unknown> });
        } catch {
          reject(new Error(`${stdout}\n${stderr}`));
        }
      },
    );
  });

const codesOf = ({ code, value: said }: Awaited<ReturnType<typeof baton>>) => [
  code,
  ...((said.problems ?? []) as { code: string }[]).map((problem) => problem.code),
];

test("people and tokens are seen to at a server as at the machine itself, by whoever is signed in and may", async () => {
  await server.person("ada", "admin");
  await server.person("vic", "viewer");
  const [ada, vic] = [await tokenOf(server.browserOf("ada")), await tokenOf(server.browserOf("vic"))];
  const made = await baton(ada, "token", "create", "ci", "--scope", "operate", "--reason", "builds");
  expect(made).toMatchObject({ code: 0, value: { environment, token: expect.stringMatching(/^baton_/) } });
  expect(await baton(ada, "token", "list")).toMatchObject({
    value: { tokens: [{ token: made.value.id, status: "live", maker: "built-in|ada", by: { name: "ada" } }] },
  });
  expect(await baton(ada, "access", "grant", "built-in|vic", "--role", "operator")).toMatchObject({
    code: 0,
  });
  expect(await baton(ada, "access", "list")).toMatchObject({
    value: {
      people: expect.arrayContaining([
        { person: "built-in|vic", name: "vic", roles: ["operator", "viewer"] },
      ]),
    },
  });
  expect(codesOf(await baton(vic, "token", "list"))).toEqual([3, "BATON-ACCESS-FORBIDDEN"]);
  expect(codesOf(await baton(`${vic}x`, "token", "list"))).toEqual([1, "BATON-ACCESS-SIGN-IN"]);
  const access = value(await readAccess(server.journal, environment));
  expect(access.state.tokens.get(String(made.value.id))?.by).toMatchObject({ id: "built-in|ada" });
});
