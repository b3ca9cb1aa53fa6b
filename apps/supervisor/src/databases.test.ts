import { ok, type Platform, readPlatform } from "@baton/core";
import { type TestDatabase, testDatabase } from "@baton/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseUrl, ensureDatabases } from "./databases.ts";
import { scramVerifier } from "./scram.ts";

test("a verifier is the one of RFC 7677's example, in the form of RFC 5803", () => {
  // The example's user proves "pencil" against this salt; StoredKey and ServerKey follow from its messages.
  expect(scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"))).toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
});

describe("owners of databases", () => {
  let server: TestDatabase;
  let platform: Platform;
  let shared: string;
  let far: string;
  const secret = "a-password-to-be-seen-nowhere";
  const secretOf = (name: string) => (name === "shared-db" ? secret : null);
  beforeAll(async () => {
    server = await testDatabase("owners");
    shared = `${new URL(server.url).pathname.slice(1)}_shared`;
    far = `${shared}_far`;
    const text = `platform: fake
title: Fake
secrets: [token, shared-db]
servers: { tenants: TENANTS_DATABASE_URL }
databases: { shared: ${shared}, tenants: { database: ${far}, server: tenants, owner: shared } }
services: { back: { title: Back, ports: { http: 8082, admin: 8083 } } }
tenants: { query: { database: shared, sql: "select 1" }, rings: [all] }
keys: { tokens: { token: [use, manage] } }
traffic: { adapter: gateway-http, url: "\${service.back.admin.url}", tokenSecret: token }
`;
    const read = readPlatform(text, "platform.yaml");
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    platform = read.value.document;
  });
  afterAll(async () => {
    await withClient(server.adminUrl, async (client) => {
      for (const name of [shared, far])
        await client.query(`drop database if exists ${pg.escapeIdentifier(name)}`);
      await client.query(`drop role if exists ${pg.escapeIdentifier(shared)}`);
    });
    await server.drop();
  });

  test("sign in with their password, which no statement to the server ever held", async () => {
    const keeper = {
      adminUrl: (database = "postgres") => {
        const url = new URL(server.adminUrl);
        url.pathname = `/${database}`;
        return url.toString();
      },
      batonDatabase: new URL(server.url).pathname.slice(1),
    };
    const servers = { own: keeper, further: () => keeper };
    const sent: string[] = [];
    const query = pg.Client.prototype.query;
    const watched = function (this: pg.Client, ...args: unknown[]): unknown {
      sent.push(JSON.stringify(args.slice(0, 2)));
      return Reflect.apply(query, this, args);
    };
    Reflect.set(pg.Client.prototype, "query", watched);
    try {
      // The first makes the role, the others set its password anew: it owns databases on two servers, which are one here.
      expect(await ensureDatabases(platform, servers, secretOf)).toEqual(ok(undefined));
      expect(await ensureDatabases(platform, servers, secretOf)).toEqual(ok(undefined));
    } finally {
      Reflect.set(pg.Client.prototype, "query", query);
    }
    expect(sent.filter((statement) => /(create|alter) role/.test(statement))).toHaveLength(4);
    expect(sent.join("\n")).not.toContain(secret);
    await withClient(databaseUrl("shared", platform, servers, secretOf) ?? "", async (client) => {
      const { rows } = await client.query("select current_user as who");
      expect(rows).toEqual([{ who: shared }]);
    });
    await withClient(databaseUrl("tenants", platform, servers, secretOf) ?? "", async (client) => {
      const { rows } = await client.query("select current_user as who, current_database() as where");
      expect(rows).toEqual([{ who: shared, where: far }]);
    });
  });
});

async function withClient(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
