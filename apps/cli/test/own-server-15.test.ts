import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadDefinition, openSession, startWorkload } from "@baton/session";
import { hasPostgres15, needsPostgres15, startPostgres15 } from "@baton/testkit/postgres-15";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aPlace, jsonOf, type Place } from "../test-bad-input/place.ts";
import { makeSmall } from "../test-bad-input/small.ts";
import { until } from "./baton-process.ts";
import { must } from "./live-platform.ts";

type Server = Awaited<ReturnType<typeof startPostgres15>>;

const cluster = async (name: string): Promise<Server> =>
  startPostgres15(await mkdtemp(join(tmpdir(), `baton-15-${name}-`)));

async function ask(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const databasesOn = async (server: Server): Promise<readonly unknown[]> =>
  (await ask(server.url, "select datname from pg_database where not datistemplate order by 1")).map(
    ({ datname }) => datname,
  );

describe.skipIf(!hasPostgres15() && !needsPostgres15())(
  "Debian's PostgreSQL 15 by DATABASE_URL, tenants on a second server",
  () => {
    let near: Server;
    let far: Server;
    let place: Place;
    const on = (args: readonly string[]) =>
      place.baton(args, { DATABASE_URL: near.url, TENANTS_DATABASE_URL: far.url });

    beforeAll(async () => {
      [near, far] = await Promise.all([cluster("near"), cluster("far")]);
      place = await aPlace("own-15");
      await makeSmall(place, "own_");
    });
    afterAll(async () => {
      await place.end();
      await Promise.all([near.end(), far.end()]);
    });

    test("a second server that does not answer is refused by the name of its variable", async () => {
      const said = await place.baton(["up"], {
        DATABASE_URL: near.url,
        TENANTS_DATABASE_URL: "postgres://ana:s3same-open@127.0.0.1:1/x",
      });
      expect(said.code).toBe(1);
      expect(said.all).toContain("named by TENANTS_DATABASE_URL, cannot be used");
      expect(said.all).not.toContain("s3same-open");
      expect(await place.processes()).toEqual([]);
    });

    test("the journal and the platform are on the one, the tenants on the other", async () => {
      const up = await on(["up"]);
      expect(up.code, up.all).toBe(0);
      expect(await place.state()).not.toContain("postgres");
      expect(await databasesOn(near)).toEqual(["baton", "own_shared", "postgres"]);
      const tenants = ["own_t_t001", "own_t_t002", "own_t_t003", "own_t_t004", "own_t_t005"];
      expect(await databasesOn(far)).toEqual([...tenants, "own_tenants", "postgres"].sort());
      const plan = jsonOf<{ tenants: readonly { host: string }[] }>(await on(["plan", "R2", "--json"]));
      expect(new Set(plan.tenants.map(({ host }) => host))).toEqual(new Set([new URL(far.url).host]));
    });

    test("R2 goes to its hold under users at work, nothing lost, and back to R1", async () => {
      const at = { platformDir: place.platformDir, stateDir: place.stateDir };
      const session = must(await openSession(at, must(await loadDefinition(at.platformDir))));
      const workload = must(await startWorkload(session, AbortSignal.timeout(60_000)));
      await session.close();
      const run = await on(["run", "R2", "--yes"]);
      expect(run.code, run.all).toBe(4);
      expect(await stages()).toEqual(Array(5).fill("switch"));
      const stats = await until("users have written something", async () => {
        const seen = await workload?.stats();
        return seen?.ok && seen.value.writes.acknowledged >= 10 ? seen.value : null;
      });
      expect(stats.requests.failed, JSON.stringify(stats.recentFailures)).toBe(0);
      const verdict = () => workload?.verify() ?? Promise.resolve({ ok: false as const, problems: [] });
      expect(must(await verdict())).toMatchObject({ lost: 0 });
      const back = await on(["rollback", "--yes"]);
      expect(back.code, back.all).toBe(0);
      expect(await stages()).toEqual(Array(5).fill("none"));
      expect(must(await verdict())).toMatchObject({ lost: 0 });
      const audit = await on(["audit", "verify"]);
      expect(audit.code, audit.all).toBe(0);
    });

    test("--fresh does not wipe what is on somebody's own server", async () => {
      const said = await place.baton(["start", "--fresh", "--yes", "--exit"]);
      expect(said.code).toBe(1);
      expect(said.all).toContain("BATON-FRESH-EXTERNAL");
    });

    /** The stage each tenant's database says it has reached, by the migrator's own table. */
    async function stages(): Promise<readonly unknown[]> {
      const found: unknown[] = [];
      for (const name of (await databasesOn(far)).filter((one) => String(one).startsWith("own_t_"))) {
        const url = new URL(far.url);
        url.pathname = `/${name}`;
        const table = await ask(url.href, "select to_regclass('baton.migration_stage') as there");
        const rows = table[0]?.there ? await ask(url.href, "select stage from baton.migration_stage") : [];
        found.push(rows[0]?.stage ?? "none");
      }
      return found;
    }
  },
);
