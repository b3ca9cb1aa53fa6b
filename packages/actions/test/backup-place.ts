import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBackups } from "@baton/adapters";
import { openSealedKeys } from "@baton/adapters/keys/sealed-file";
import { type ActionContext, type BackupsPort, ok } from "@baton/core";
import { testDatabase } from "@baton/testkit/postgres";
import pg from "pg";
import { contextOf, makeRoutes } from "./routes.ts";
import { must, planOf } from "./tenants-migrate/fixture.ts";

/** A tenant with prompts, a folder for its backups, and keys; all of them real. */
export interface BackupPlace {
  readonly url: string;
  readonly adminUrl: string;
  readonly database: string;
  /** Where backups and keys are, for another process. */
  readonly root: string;
  readonly backups: BackupsPort;
  readonly context: ActionContext;
  /** The same with everything out of reach: the server, and the folder. */
  readonly unreachable: ActionContext;
  /** Runs a statement in the tenant's database, and gives the rows. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
  /** The same on the server, outside the tenant's database. */
  onServer(text: string): Promise<readonly Record<string, unknown>[]>;
  /** Names of the databases that restores have made or set aside. */
  besides(): Promise<readonly string[]>;
  drop(): Promise<void>;
}

const PASSPHRASE = "a passphrase of these tests";

/** The backups of one tenant, from its folder. */
export async function openBackups(root: string, url: string): Promise<BackupsPort> {
  return createBackups({
    root: join(root, "backups"),
    keys: must(await openSealedKeys(join(root, "keys"), PASSPHRASE)),
    retention: null,
    connection: async () => ok(url),
  });
}

export async function backupPlace(): Promise<BackupPlace> {
  const made = await testDatabase("restore");
  const database = new URL(made.url).pathname.slice(1);
  const root = await mkdtemp(join(tmpdir(), "baton-restore-"));
  const backups = await openBackups(root, made.url);
  const away = "postgres://x:y@127.0.0.1:1/none";
  const contextWith = (port: BackupsPort): ActionContext => ({
    ...contextOf({ ...makeRoutes("1.0.0").ports, backups: port }, planOf("none"), "t1"),
    epoch: 1,
  });
  const place: BackupPlace = {
    url: made.url,
    adminUrl: made.adminUrl,
    database,
    root,
    backups,
    context: contextWith(backups),
    unreachable: contextWith(
      createBackups({
        root: join(root, "keys", "no-folder"),
        keys: must(await openSealedKeys(join(root, "keys"), PASSPHRASE)),
        retention: null,
        connection: async () => ok(away),
      }),
    ),
    sql: (text) => query(made.url, text),
    onServer: (text) => query(made.adminUrl, text),
    async besides() {
      const rows = await query(
        made.adminUrl,
        `select datname as name from pg_database where starts_with(datname, '${database.slice(0, 30)}__') order by 1`,
      );
      return rows.map((row) => String(row.name));
    },
    async drop() {
      for (const name of await place.besides())
        await query(made.adminUrl, `drop database if exists "${name}" with (force)`);
      await made.drop();
      await rm(root, { recursive: true, force: true });
    },
  };
  await place.sql(
    `create table prompts (id int generated always as identity primary key, body text);
     create schema baton; create table baton.migration_stage (migration text primary key, stage text, epoch bigint);
     insert into baton.migration_stage values ('reshape', 'none', 0);
     insert into prompts (body) select 'prompt ' || i from generate_series(1, 200) i`,
  );
  return place;
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const result: pg.QueryResult | pg.QueryResult[] = await client.query(text);
    return Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows;
  } finally {
    await client.end();
  }
}
