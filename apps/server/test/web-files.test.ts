import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Fastify from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerUnknown } from "../src/api/unknown-routes.ts";
import { webFiles } from "../src/web-files.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "baton-web-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a browser gets at an address of a server whose web interface is at `root`. */
async function opened(root: string | null, url: string, accept = "text/html") {
  const app = Fastify();
  answerUnknown(app, [], await webFiles(app, root));
  const answer = await app.inject({ url, headers: { accept } });
  await app.close();
  return answer;
}

test("an interface that is not built says what to do at its addresses, and only there", async () => {
  const page = await opened(folder, "/e/local/run");
  expect(page.statusCode).toBe(503);
  expect(page.body).toContain("npm run build");
  expect(page.headers["content-type"]).toContain("text/html");
  expect((await opened(folder, "/v1/nothing")).json()).toMatchObject({ error: { code: "BATON-API-ROUTE" } });
  expect((await opened(folder, "/e/local/run", "application/json")).statusCode).toBe(404);
  expect((await opened(null, "/e/local/run")).statusCode).toBe(404);
});

test("a built interface gives its first page at every address of its own", async () => {
  const root = join(folder, "dist");
  await mkdir(root);
  await writeFile(join(root, "index.html"), "<title>Baton</title>");
  expect(await opened(root, "/e/local/run")).toMatchObject({ statusCode: 200, body: "<title>Baton</title>" });
  expect((await opened(root, "/v1/nothing")).statusCode).toBe(404);
});
