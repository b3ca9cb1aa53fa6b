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
  await client.query("create table tenants (id text, ring text, database text, server text)");
  await client.query(
    "insert into tenants values ('t-b', 'pilot', 'db b', null), ('t-a', 'internal', 'db_a', 'far')",
  );
  await client.end();
});
afterAll(() => database.drop());

const FAR = "postgresql://root:secret@far.example:5433/postgres";

const resolve: ResolvePort = {
  text: async (template) => {
    if (template === "${server.far}") return ok(FAR);
    return template === "${database.shared}" || template === "${database.baton}"
      ? ok(database.url)
      : failed({ code: "BATON-TEMPLATE-UNKNOWN", message: template, remedy: "" });
  },
};
const tenantsBy = (sql: string, rings = ["internal", "pilot"], name = "shared") =>
  createPostgresTenants({ tenants: { query: { database: name, sql }, rings }, servers: ["far"], resolve });

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

test("a tenant whose row names a server has its database there", async () => {
  const tenants = tenantsBy("select id, ring, database, server from tenants order by id");
  const listed = await tenants.list();
  expect(listed.ok && listed.value.map(({ id, host }) => [id, host])).toEqual([
    ["t-a", "far.example:5433"],
    ["t-b", new URL(database.url).host],
  ]);
  expect(await tenants.connection("t-a")).toEqual(ok("postgresql://root:secret@far.example:5433/db_a"));
  const near = await tenants.connection("t-b");
  expect(near.ok && new URL(near.value).host).toBe(new URL(database.url).host);
});

test.each([
  [
    "a server the platform lacks",
    () => tenantsBy("select id, ring, database, 'moon' as server from tenants limit 1").list(),
    "BATON-TENANTS-SERVER",
  ],
  ["a tenant nobody knows", () => tenantsBy(SQL).connection("t-z"), "BATON-TENANTS-UNKNOWN"],
  ["a query that fails", () => tenantsBy("select nonsense").list(), "BATON-TENANTS-UNREADABLE"],
  ["a query without a ring", () => tenantsBy("select id from tenants").list(), "BATON-TENANTS-SHAPE"],
  ["a ring the platform lacks", () => tenantsBy(SQL, ["internal"]).list(), "BATON-TENANTS-RING"],
  ["a database nobody knows", () => tenantsBy(SQL, [], "other").list(), "BATON-TEMPLATE-UNKNOWN"],
])("%s is a problem", async (_name, ask, code) => {
  const result = await ask();
  expect(result.ok ? [] : result.problems.map((problem) => problem.code)).toEqual([code]);
});
