import { testDatabase } from "@baton/testkit/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aPlace, closedPort, codesIn, jsonOf, type Place } from "./place.ts";
import { makeSmall } from "./small.ts";
import { usersAreServed } from "./users.ts";

type Server = Awaited<ReturnType<typeof testDatabase>>;

/** Tenants of the small platform here, ring by ring: t001 | t002 t003 | t004 t005. */
const IN_PILOT = "t002";
const IN_GENERAL = "t005";

describe("a DATABASE_URL that cannot be used: refused at once, its password said nowhere", () => {
  let server: Server;
  let place: Place;
  beforeAll(async () => {
    server = await testDatabase("refused");
    place = await aPlace();
  });
  afterAll(async () => {
    await place.end();
    await server.drop();
  });

  test.each([
    [
      "nothing listens there",
      async () => `postgres://ana:s3same-open@127.0.0.1:${await closedPort()}/x`,
      "BATON-POSTGRES-UNREACHABLE",
    ],
    ["a wrong password", async () => withPart(server.url, "password", "s3same-open"), "BATON-POSTGRES-LOGIN"],
    [
      "no such database",
      async () => withPart(server.url, "pathname", "/nowhere"),
      "BATON-POSTGRES-UNREACHABLE",
    ],
    [
      "another kind of server",
      async () => "mysql://ana:s3same-open@127.0.0.1/x",
      "BATON-POSTGRES-UNREACHABLE",
    ],
    [
      "a password that is not percent-encoded",
      async () => "postgres://ana:s3same-open%@127.0.0.1/x",
      "BATON-POSTGRES-UNREACHABLE",
    ],
  ])("%s", async (_what, urlOf, code) => {
    const DATABASE_URL = await urlOf();
    for (const args of [
      ["up", "--json"],
      ["start", "--yes", "--exit"],
    ]) {
      const said = await place.baton(args, { DATABASE_URL });
      expect(said.code, said.all).toBe(1);
      expect(codesIn(said)).toEqual([code]);
      expect(said.all).toContain("DATABASE_URL");
      for (const secret of ["s3same-open", new URL(server.url).password])
        expect(said.all).not.toContain(secret);
      expect(await place.processes()).toEqual([]);
      expect(await place.state()).not.toContain("postgres");
      expect(await place.state()).not.toContain("supervisor.json");
    }
    expect(await place.findInState("s3same-open")).toEqual([]);
  });
});

describe("a server of one's own, and tenants' databases that are down", () => {
  let server: Server;
  let place: Place;
  let prefix: string;
  let admin: pg.Client;
  const ask = (text: string) => admin.query(text);
  const on = (args: readonly string[]) => place.baton(args, { DATABASE_URL: server.url });
  const database = (tenant: string) => `${prefix}t_${tenant}`;
  const shut = async (tenant: string) => {
    await ask(`alter database ${database(tenant)} allow_connections false`);
    await ask(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database(tenant)}'`);
  };
  const open = (tenant: string) => ask(`alter database ${database(tenant)} allow_connections true`);

  beforeAll(async () => {
    server = await testDatabase("own");
    prefix = `${new URL(server.url).pathname.slice(1)}_`;
    admin = new pg.Client({ connectionString: server.adminUrl });
    await admin.connect();
    place = await aPlace();
    await makeSmall(place, prefix);
  });

  afterAll(async () => {
    await place.end();
    const left = await ask(`select datname from pg_database where datname like '${prefix}%'`);
    for (const { datname } of left.rows) await ask(`drop database "${datname}" with (force)`);
    const roles = await ask(`select rolname from pg_roles where rolname like '${prefix}%'`);
    for (const { rolname } of roles.rows) await ask(`drop role "${rolname}"`);
    await admin.end();
    await server.drop();
  });

  test("the platform comes up on it, without a server of Baton's own, and plans", async () => {
    const up = await on(["up"]);
    expect(up.code, up.all).toBe(0);
    expect(await place.state()).not.toContain("postgres");
    expect((await on(["status"])).all).toMatch(/PostgreSQL +external/);
    const plan = await on(["plan", "R2", "--json"]);
    expect(plan.code, plan.all).toBe(0);
    expect(jsonOf<{ tenants: readonly unknown[] }>(plan).tenants).toHaveLength(5);
  });

  test("a tenant that is down keeps the seed from being repeated, and nobody else from being served", async () => {
    await shut(IN_GENERAL);
    const up = await on(["up"]);
    expect(up.code).toBe(1);
    expect(codesIn(up)).toEqual(["BATON-SEED-FAILED"]);
    expect(up.all).toContain(`tenant ${IN_GENERAL}`);
    expect(up.all).toContain("What is up stays up");
    const status = await on(["status", "--json"]);
    const { services } = jsonOf<{ services: readonly { state: string }[] }>(status);
    expect(services.map(({ state }) => state)).toEqual(["healthy", "healthy", "healthy"]);
  });

  test("one that is down when its turn comes: tries, then the run goes back by itself and names it", async () => {
    const run = await on(["run", "R2", "--yes", "--json"]);
    expect([...run.all.matchAll(/✗ general\.expand t005, try \d: BATON-TENANT-UNREACHABLE/g)]).toHaveLength(
      2,
    );
    const { ended } = jsonOf<Facts>(run);
    expect(ended.outcome, run.all).toBe("rolled-back");
    expect(run.code).toBe(1);
    const explained = await on(["explain"]);
    expect(explained.all).toContain(`general.expand failed for ${IN_GENERAL}: BATON-TENANT-UNREACHABLE`);
    expect(await stagesOf("t001", "t002", "t003", "t004")).toEqual(["none", "none", "none", "none"]);
  });

  test("one that goes down when it is half-way: an operator is asked for, told which, and led on", async () => {
    const begun = place.begin(["run", "R2", "--yes", "--json"], { DATABASE_URL: server.url });
    expect(await begun.said(/pilot\.switch 2 of 2|✓ pilot\.switch/)).toBe(true);
    await shut(IN_PILOT);
    const run = await begun.ended;
    expect(run.code, run.all).toBe(5);
    const { ended } = jsonOf<Facts>(run);
    expect(ended.outcome).toBe("needs-operator");
    expect(ended.reason).toContain(`for ${IN_PILOT}`);
    expect(ended.reason).toContain("cannot be reached");
    expect((await on(["explain"])).all).toContain(IN_PILOT);

    const another = await on(["run", "R2", "--yes"]);
    expect(another.code, another.all).toBe(3);
    expect(codesIn(another)).toEqual(["BATON-RUN-UNFINISHED"]);
    expect(another.all).toContain("baton rollback");

    await open(IN_PILOT);
    await open(IN_GENERAL);
    const back = await on(["rollback", "--yes"]);
    expect(back.code, back.all).toBe(0);
    expect(await stagesOf("t001", IN_PILOT, "t003", "t004", IN_GENERAL)).toEqual(Array(5).fill("none"));
  });

  test("once all are back the release goes to its hold, users are served and nothing is lost", async () => {
    const run = await on(["run", "R2", "--yes"]);
    expect(run.code, run.all).toBe(4);
    expect(await stagesOf("t001", IN_PILOT, "t003", "t004", IN_GENERAL)).toEqual(Array(5).fill("switch"));
    await usersAreServed(place, 10);
  });

  /** The stage that each tenant's database says it has reached. */
  async function stagesOf(...tenants: readonly string[]): Promise<readonly string[]> {
    return Promise.all(
      tenants.map(async (tenant) => {
        const url = new URL(server.adminUrl);
        url.pathname = `/${database(tenant)}`;
        const client = new pg.Client({ connectionString: url.href });
        client.on("error", () => undefined);
        try {
          await client.connect();
          const table = await client.query("select to_regclass('baton.migration_stage') as there");
          if (table.rows[0]?.there === null) return "none";
          const { rows } = await client.query("select stage from baton.migration_stage");
          return rows[0]?.stage ?? "none";
        } finally {
          await client.end();
        }
      }),
    );
  }
});

/** What `run --json` tells of the end. */
interface Facts {
  readonly ended: { readonly outcome: string; readonly reason: string };
}

function withPart(url: string, part: "password" | "pathname", value: string): string {
  const changed = new URL(url);
  changed[part] = value;
  return changed.href;
}
