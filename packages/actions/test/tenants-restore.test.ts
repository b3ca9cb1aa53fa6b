import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Json, TenantsRestoreInput } from "@baton/core";
import { describeLaws } from "@baton/testkit/laws/describe-laws";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tenantsRestore } from "../src/tenants-restore/performer.ts";
import { type BackupPlace, backupPlace } from "./backup-place.ts";
import { codeOf, must, until } from "./tenants-migrate/fixture.ts";

const INPUT = TenantsRestoreInput.parse({ backup: "before-r2", maintenance: true });
const CAREFUL = TenantsRestoreInput.parse({ backup: "before-r2" });
const unhurried = new AbortController().signal;

/** A place whose tenant has a backup, and has been written to and damaged since. */
async function damagedPlace(): Promise<BackupPlace> {
  const place = await backupPlace();
  const request = { tenant: "t1", name: "before-r2", file: "before-r2.1.backup", key: "k", about: null };
  must(await place.backups.make(request, unhurried));
  await place.sql(
    "insert into prompts (body) values ('written since'); update baton.migration_stage set stage = 'switch', epoch = 0",
  );
  return place;
}

/** What the tenant finds, and whether it may come in; not what stands beside. */
async function seen(place: BackupPlace): Promise<unknown> {
  const open = await place.onServer(
    `select datallowconn as open from pg_database where datname = '${place.database}'`,
  );
  const rows = await place.sql(
    `select count(*)::int as n, max(body) as body, (select stage from baton.migration_stage) as stage from prompts`,
  );
  return { open, rows };
}

describeLaws("tenants.restore", {
  undo: "restored",
  make: async () => {
    const place = await damagedPlace();
    const performer = tenantsRestore();
    return {
      performer,
      input: INPUT,
      context: place.context,
      newer: { ...place.context, epoch: 2 },
      unreachable: place.unreachable,
      world: { snapshot: () => seen(place) },
      half: async (before, key) => {
        const cut = new AbortController();
        const performing = performer.perform(INPUT, before, key, { ...place.context, signal: cut.signal });
        await until("the new database is begun", async () => (await place.besides()).length > 0);
        cut.abort();
        expect(codeOf(await performing)).toBe("BATON-BACKUP-CANCELLED");
      },
      cleanup: () => place.drop(),
    };
  },
});

describe("bringing a tenant back", () => {
  let place: BackupPlace;
  const performer = tenantsRestore();
  beforeEach(async () => {
    place = await damagedPlace();
  });
  afterEach(() => place.drop());

  const restore = async (input = INPUT, epoch = 1, before?: Json) => {
    const context = { ...place.context, epoch };
    const chosen = before ?? must(await performer.before(input, context));
    return { chosen, done: await performer.perform(input, chosen as never, "k", context) };
  };

  test("is refused where rows written since would go, by check and by perform, and the tenant is served as before", async () => {
    const start = await seen(place);
    expect(await performer.check(CAREFUL, place.context)).toMatchObject([
      { code: "BATON-RESTORE-LOSS", details: { losses: ["public.prompts has 201 rows, 200 in the backup"] } },
    ]);
    expect(codeOf((await restore(CAREFUL)).done)).toBe("BATON-RESTORE-LOSS");
    expect(await seen(place)).toEqual(start);
    expect(await performer.check(INPUT, place.context)).toEqual([]);
  });

  test("is let through without maintenance where only damage is undone: a table that is gone takes no row along", async () => {
    await place.sql("drop table prompts");
    expect(await performer.check(CAREFUL, place.context)).toEqual([]);
    expect(must((await restore(CAREFUL)).done)).toMatchObject({ tables: 2, rows: 201, lost: [] });
    expect(await place.sql("select count(*)::int as n from prompts")).toEqual([{ n: 200 }]);
  });

  test("says which rows went out of service, and keeps them in a database that is set aside and closed", async () => {
    const done = must((await restore()).done);
    expect(done).toMatchObject({ lost: ["public.prompts has 201 rows, 200 in the backup"] });
    const aside = String(Object(done).setAside);
    expect(await place.besides()).toEqual([aside]);
    await expect(place.sql("select 1").then(() => query(aside))).rejects.toThrow(/not currently accepting/);
    await place.onServer(`alter database "${aside}" with allow_connections true`);
    expect(await query(aside)).toEqual([{ n: 201 }]);
  });
  const query = async (database: string) => {
    const url = new URL(place.url);
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      return (await client.query("select count(*)::int as n from prompts")).rows;
    } finally {
      await client.end();
    }
  };

  test("ends every session of the tenant: nothing is acknowledged by a database that goes out of service", async () => {
    const client = new pg.Client({ connectionString: place.url });
    client.on("error", () => undefined);
    await client.connect();
    await client.query("begin; insert into prompts (body) values ('not yet committed')");
    must((await restore()).done);
    await expect(client.query("commit")).rejects.toThrow();
    await client.end().catch(() => undefined);
    const { done } = await restore();
    expect(done.ok).toBe(true);
  });

  test("brings the stage back with the rows, and shuts out conductors older than the one that did it", async () => {
    must((await restore(INPUT, 7)).done);
    expect(await place.sql("select stage, epoch::int from baton.migration_stage")).toEqual([
      { stage: "none", epoch: 7 },
    ]);
    expect(codeOf((await restore(INPUT, 6)).done)).toBe("BATON-RESTORE-EPOCH");
  });

  test("taken back after it was written to keeps what was written, in a database of its own", async () => {
    const { chosen, done } = await restore();
    must(done);
    await place.sql("insert into prompts (body) values ('after the restore')");
    const back = must(await performer.undo(INPUT, chosen as never, null, "u", place.context));
    expect(await place.besides()).toEqual([String(Object(back).kept)]);
    expect(await place.sql("select max(body) as body from prompts")).toEqual([{ body: "written since" }]);
  });

  test("of a tenant whose database is gone altogether makes it anew", async () => {
    await place.onServer(`drop database "${place.database}" with (force)`);
    expect(must((await restore()).done)).toMatchObject({ setAside: null, rows: 201 });
    expect(await place.sql("select count(*)::int as n from prompts")).toEqual([{ n: 200 }]);
  });

  test("of a name that there is no backup of is refused and says which there are", async () => {
    const input = TenantsRestoreInput.parse({ backup: "nightly" });
    expect(await performer.check(input, place.context)).toMatchObject([
      { code: "BATON-RESTORE-BACKUP", details: { names: ["before-r2"] } },
    ]);
  });

  const SCRIPT = fileURLToPath(new URL("./restore-process.ts", import.meta.url));
  const started = (before: Json) =>
    spawn(process.execPath, [SCRIPT, place.root, place.url, JSON.stringify(before)], {
      stdio: "inherit",
    });

  const POINTS: readonly { readonly name: string; readonly reach: (before: Json) => Promise<void> }[] = [
    {
      name: "while the new database is filled",
      reach: async (before) => {
        const child = started(before);
        await until("the new database is begun", async () => (await place.besides()).length > 0);
        child.kill("SIGKILL");
        await once(child, "exit");
      },
    },
    {
      name: "with the new database whole and the old one in its place",
      reach: (before) => killedBeforeItsTurn(before),
    },
    {
      name: "with the old database closed and still in its place",
      reach: async (before) => {
        await killedBeforeItsTurn(before);
        await place.onServer(`alter database "${place.database}" with allow_connections false`);
      },
    },
    {
      name: "after the databases have changed places",
      reach: async (before) => {
        const child = started(before);
        await once(child, "exit");
      },
    },
  ];

  /** Holds the tenant's lock from the moment the new database is begun, so that the restore stands still when that is whole. */
  async function killedBeforeItsTurn(before: Json): Promise<void> {
    const holder = new pg.Client({ connectionString: place.adminUrl });
    await holder.connect();
    const child = started(before);
    try {
      await until("the new database is begun", async () => (await place.besides()).length > 0);
      await holder.query("select pg_advisory_lock(hashtextextended('baton.restore:' || $1, 0))", [
        place.database,
      ]);
      const waits =
        "select 1 from pg_stat_activity where wait_event = 'advisory' and application_name = 'baton backup'";
      await until("the restore waits for its turn", async () => (await place.onServer(waits)).length > 0);
      child.kill("SIGKILL");
      await once(child, "exit");
    } finally {
      await holder.end();
    }
  }

  test.for(POINTS)("killed $name goes on to its end, and goes back to its start", async ({ reach }) => {
    const start = await seen(place);
    const before = must(await performer.before(INPUT, place.context));
    await reach(before);
    const newer = { ...place.context, epoch: 2 };
    expect((await performer.observe(INPUT, before, newer)).state).not.toBe("absent");
    must(await performer.perform(INPUT, before, "k", newer));
    expect((await performer.observe(INPUT, before, newer)).state).toBe("present");
    expect(await place.sql("select count(*)::int as n from prompts")).toEqual([{ n: 200 }]);
    expect(await place.besides()).toHaveLength(1);
    must(await performer.undo(INPUT, before, null, "u", newer));
    expect(await seen(place)).toEqual(start);
    expect(await place.besides()).toEqual([]);
  });

  test.for(POINTS)("killed $name is taken back without going on first", async ({ reach }) => {
    const start = await seen(place);
    const before = must(await performer.before(INPUT, place.context));
    await reach(before);
    must(await performer.undo(INPUT, before, null, "u", { ...place.context, epoch: 2 }));
    expect(await seen(place)).toEqual(start);
    expect(await place.besides()).toEqual([]);
  });
});
