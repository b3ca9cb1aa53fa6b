import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { revokeRole } from "@baton/conductor";
import { type Needs, type Route, routes } from "@baton/contracts";
import { RIGHTS_OF, Role } from "@baton/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ada, environment, type PlatformServer, platformServer, value } from "../api/platform-server.ts";
import { builtIn } from "./access-server.ts";

const SECRET = "what stands beside the web interface is nobody's";

let server: PlatformServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "baton-web-"));
  await mkdir(join(folder, "dist", "assets"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), SECRET);
  await writeFile(join(folder, "dist", "index.html"), "<!doctype html><title>Baton</title>");
  await writeFile(join(folder, "dist", "assets", "a-1.js"), "export {};");
  server = await platformServer({ webRoot: join(folder, "dist") });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const ALL: readonly Route[] = Object.values(routes);
const CALLERS = ["nobody", "without a role", ...Role.options, "token view", "token operate"] as const;
type Caller = (typeof CALLERS)[number];

/** What a caller may, as the roles say it. */
function may(caller: Caller, needs: Needs): boolean {
  if (needs === "nothing") return true;
  if (caller === "nobody") return false;
  if (needs === "sign-in") return true;
  if (caller === "without a role") return false;
  if (caller === "token view" || caller === "token operate") return caller === `token ${needs}`;
  return RIGHTS_OF[caller].includes(needs);
}

async function headersOf(caller: Caller): Promise<Record<string, string>> {
  if (caller === "nobody") return {};
  if (caller === "token view" || caller === "token operate") {
    const { token } = await server.program([caller === "token view" ? "view" : "operate"]);
    return { authorization: `Bearer ${token}` };
  }
  const name = `the-${caller.split(" ")[0]}`;
  const role = caller === "without a role" ? "viewer" : caller;
  await server.person(name, role);
  if (caller === "without a role") await taken(name);
  const { cookies } = server.browserOf(name);
  return { cookie: [...cookies].map(([name, secret]) => `${name}=${secret}`).join("; "), origin: server.url };
}

/** Takes somebody's role, and leaves them signed in. */
const taken = async (name: string): Promise<void> => {
  const { journal } = server;
  const asked = { journal, environment, asker: { local: ada }, reason: "test" };
  value(await revokeRole({ ...asked, person: builtIn(name).id, role: "viewer" }));
};

/** Parts of paths that are looked at before who asks. */
const WELL_FORMED: Readonly<Record<string, string>> = { environment, plan: "0".repeat(64), action: "pause" };

/** Asks for something that is not there, so that nothing comes of it but the answer. */
async function ask(route: Route, headers: Record<string, string>) {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => WELL_FORMED[name] ?? "not-there");
  const leave = new AbortController();
  const answer = await fetch(`${server.url}${path}`, {
    method: route.method,
    headers: { ...headers, ...(route.body === null ? {} : { "content-type": "application/json" }) },
    ...(route.body === null ? {} : { body: "{}" }),
    signal: leave.signal,
  });
  const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true;
  const body: unknown = isJson ? await answer.json() : null;
  leave.abort();
  const code = (body as { error?: { code?: string } } | null)?.error?.code ?? null;
  return { status: answer.status, code };
}

describe.each(CALLERS)("%s", (caller) => {
  test("may call every route that their role or scope allows, and is refused at every other", async () => {
    const headers = await headersOf(caller);
    expect(ALL.length).toBeGreaterThan(40);
    const no = caller === "nobody" ? "BATON-ACCESS-SIGN-IN" : "BATON-ACCESS-FORBIDDEN";
    const found: Record<string, string | null> = {};
    for (const route of ALL) {
      const { status, code } = await ask(route, headers);
      found[route.name] = status === 401 || code === "BATON-ACCESS-FORBIDDEN" ? code : "let in";
    }
    expect(found).toEqual(
      Object.fromEntries(ALL.map(({ name, needs }) => [name, may(caller, needs) ? "let in" : no])),
    );
  });
});

/** Sends a path as it is: no client of ours tidies it up. */
function raw(path: string, accept: string): Promise<string> {
  const { hostname, port, host } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`),
    );
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => {
      answer += part;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

test("no path leads out of the folder of the web interface, however it is written", async () => {
  expect(await raw("/assets/a-1.js", "*/*")).toContain("export {};");
  const ways = ["..", "%2e%2e", "%2E.", "..%2f", "..%5c", "%252e%252e", "....//", "..;", ".%00./", "\\.."];
  const paths = ways.flatMap((way) => [
    ...[`/${way}/secret.txt`, `/assets/${way}/${way}/secret.txt`, `//${way}/secret.txt`, `/${way}secret.txt`],
    `${folder}/secret.txt`,
  ]);
  for (const path of [...paths, "http://127.0.0.1/../secret.txt", "/secret.txt"])
    for (const accept of ["text/html", "*/*"]) {
      const answer = await raw(path, accept);
      expect([path, answer.split(" ")[1]]).toEqual([path, expect.stringMatching(/^(200|400|404)$/)]);
      expect([path, answer.includes(SECRET)]).toEqual([path, false]);
    }
});

test("the pages themselves are there for everybody, with the headers that keep them to themselves", async () => {
  const page = await fetch(`${server.url}/runs/r1`, { headers: { accept: "text/html" } });
  expect(page.status).toBe(200);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
});
