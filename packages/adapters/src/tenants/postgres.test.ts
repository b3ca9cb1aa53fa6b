import { failed, ok, type ResolvePort } from "@baton/core";
import { type TestDatabase, testDatabase } from "@baton/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPostgresTenants } from "./postgres.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase("tenants");
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("create table tenants (id text, ring text, database text)");
  await client.query("insert into tenants values ('t-b', 'pilot', 'db b'), ('t-a', 'internal', 'db_a')");
  await client.end();
});
afterAll(() => database.drop());

const resolve: ResolvePort = {
  text: async (template) =>
    template === "${database.shared}" || template === "${database.baton}"
      ? ok(database.url)
      : failed({ code: "BATON-TEMPLATE-UNKNOWN", message: template, remedy: "" }),
};
const tenantsBy = (sql: string, rings = ["internal", "pilot"], name = "shared") =>
  createPostgresTenants({ tenants: { query: { database: name, sql }, rings }, resolve });

const SQL = "select id, ring, database from tenants order by id";

test("lists the tenants with the host their databases live on, and the way into each", async () => {
  const tenants = tenantsBy(SQL);
  const { host } = new URL(database.url);
  expect(await tenants.list()).toEqual(
    ok([
      { id: "t-a", ring: "internal", database: "db_a", host },
      { id: "t-b", ring: "pilot", database: "db b", host },
    ]),
  );
  const connection = await tenantsBy(SQL).connection("t-b");
  expect(connection.ok && new URL(connection.value).pathname).toBe("/db%20b");
});

test.each([
  ["a tenant nobody knows", () => tenantsBy(SQL).connection("t-z"), "BATON-TENANTS-UNKNOWN"],
  ["a query that fails", () => tenantsBy("select nonsense").list(), "BATON-TENANTS-UNREADABLE"],
  ["a query without a ring", () => tenantsBy("select id from tenants").list(), "BATON-TENANTS-SHAPE"],
  ["a ring the platform lacks", () => tenantsBy(SQL, ["internal"]).list(), "BATON-TENANTS-RING"],
  ["a database nobody knows", () => tenantsBy(SQL, [], "other").list(), "BATON-TEMPLATE-UNKNOWN"],
])("%s is a problem", async (_name, ask, code) => {
  const result = await ask();
  expect(result.ok ? [] : result.problems.map((problem) => problem.code)).toEqual([code]);
});
