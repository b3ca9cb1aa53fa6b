import { readFile } from "node:fs/promises";
import pg from "pg";
import { tenantRole, tenantRolePassword } from "../../shared/tenant-roles.ts";
import { scramVerifier } from "../platform-api/core/scram.ts";

const FOLDER = new URL("../../releases/R2/migrations/encrypt-prompts/", import.meta.url);

/** Brings a tenant's database to the shape of R2's expand, as Baton would, with the stage table it keeps there. */
export async function expandTenant(client: pg.Client, database: string, r2Secret: string): Promise<void> {
  const newRole = tenantRole(database, "r2");
  await client.query(`create schema if not exists baton; grant usage on schema baton to public;
    create table if not exists baton.migration_stage (migration text primary key, stage text not null,
      epoch bigint not null, changed_at timestamptz not null default now());
    grant select on baton.migration_stage to public`);
  await client.query(
    await migrationSql("expand.sql", {
      oldRole: tenantRole(database, "r1"),
      newRole,
      newRoleVerifier: scramVerifier(tenantRolePassword(r2Secret, newRole)),
    }),
  );
  await setStage(client, "expand");
}

/** Runs another of the migration's files, such as the fence. */
export async function runMigrationSql(client: pg.Client, file: string, database: string): Promise<void> {
  const parameters = { oldRole: tenantRole(database, "r1"), newRole: tenantRole(database, "r2") };
  await client.query(await migrationSql(file, parameters));
}

/** Sets the stage as Baton does: under the exclusive lock for which writers' shared ones are waited out. */
export async function setStage(client: pg.Client, stage: string): Promise<void> {
  await client.query(`begin; ${EXCLUSIVE_LOCK}`);
  await client.query(
    `insert into baton.migration_stage (migration, stage, epoch) values ('encrypt-prompts', $1, 1)
     on conflict (migration) do update set stage = excluded.stage, changed_at = now()`,
    [stage],
  );
  await client.query("commit");
}

/** The lock whoever changes the stage holds until the end of the transaction. */
export const EXCLUSIVE_LOCK =
  "select pg_advisory_xact_lock(hashtextextended('baton.migration:encrypt-prompts', 0))";

/** The file as one text, with psql's `:'name'` and `:"name"` filled in. */
async function migrationSql(file: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const sql = await readFile(new URL(file, FOLDER), "utf8");
  const filled = sql
    .replaceAll(/:'(\w+)'/g, (_, name: string) => pg.escapeLiteral(parameters[name] ?? ""))
    .replaceAll(/:"(\w+)"/g, (_, name: string) => pg.escapeIdentifier(parameters[name] ?? ""));
  // The superuser may be called like a schema; the migration belongs into public.
  return `begin; set local search_path = public; ${filled}; commit`;
}
