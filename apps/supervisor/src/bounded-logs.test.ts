import { appendFile, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, type FakePlatform, fakePlatform, kill9, until, value } from "../test/fake-platform.ts";
import { asidePath } from "./set-aside.ts";

const MEGABYTE = 1024 * 1024;

let platform: FakePlatform;
beforeAll(async () => {
  delete process.env.DATABASE_URL;
  platform = await fakePlatform();
});
afterAll(() => platform.cleanup());

const logOf = (name: string): string => join(platform.stateDir, "logs", `${name}.log`);
const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0;
const bounded = (name: string) =>
  until(
    async () => (await sizeOf(logOf(name))) < MEGABYTE && (await sizeOf(asidePath(logOf(name)))) > 0,
    `${name}.log was set aside`,
  );
const numbersIn = (text: string): readonly number[] =>
  [...text.matchAll(/^line (\d+) x{80}$/gm)].map((found) => Number(found[1]));

test("logs stay bounded while their programs run, over a kill -9 of the supervisor, and are written on", async () => {
  const client = value(await platform.launch());
  const back = value(await client.putInstance(platform.spec("back")));
  const say = (): Promise<unknown> => ask(back.urls.http, "/say");
  for (let i = 0; i < 8; i++) await say();
  await bounded("back@1.0.0");

  kill9(value(await client.state()).pid);
  for (let i = 0; i < 20; i++) await say();
  // Nobody looks, so it grows; the program is not held up by it.
  await until(async () => (await sizeOf(logOf("back@1.0.0"))) > 2 * MEGABYTE, "the log has grown");
  await appendFile(logOf("supervisor"), "x\n".repeat(MEGABYTE));
  await appendFile(logOf("postgres"), "x\n".repeat(MEGABYTE));
  const again = value(await platform.launch());
  for (const name of ["back@1.0.0", "supervisor", "postgres"]) await bounded(name);

  await say();
  const text = `${await readFile(asidePath(logOf("back@1.0.0")), "utf8")}${await readFile(logOf("back@1.0.0"), "utf8")}`;
  const numbers = numbersIn(text);
  expect(numbers.at(-1)).toBe(29 * 2000);
  expect(new Set(numbers).size).toBe(numbers.length);
  await postgresSays(value(await again.resolve("${database.baton}")), "written on");
  await until(async () => (await readFile(logOf("postgres"), "utf8")).includes("written on"), "it is logged");
  // Written at the new beginning, not where the old end was.
  expect(await sizeOf(logOf("postgres"))).toBeLessThan(MEGABYTE);
  value(await again.putInstance(platform.spec("back", "2.0.0")));
  expect(await readFile(logOf("supervisor"), "utf8")).toContain("back@2.0.0");
});

async function postgresSays(url: string, what: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`do $$ begin raise log '${what}'; end $$`);
  await client.end();
}
