import { failed, ok, type Platform, type Result } from "@baton/core";
import pg from "pg";
import type { PostgresKeeper } from "./postgres-keeper.ts";
import { scramVerifier } from "./scram.ts";

/** Logical name of Baton's own database (the journal's), beside those the platform declares. */
const BATON = "baton";

/**
 * Secret that holds the password of a database's owner: `shared-db` for the database `shared`. Where the platform declares
 * it, programs connect as that owner; else, and for Baton's own database, with all rights.
 */
const ownerSecret = (name: string): string => `${name}-db`;

/** Database names on the server by logical name, Baton's own included. */
const databaseNames = (platform: Platform, server: DatabaseServer): Readonly<Record<string, string>> => ({
  ...platform.databases,
  [BATON]: server.batonDatabase,
});

/** What is asked of a server: a way in with all rights, and the name of Baton's own database. */
type DatabaseServer = Pick<PostgresKeeper, "adminUrl" | "batonDatabase">;

/**
 * Creates the databases that are absent, and their owners: roles that may log in, create databases and create roles, and
 * nothing more, so that no service holds the key to what another keeps. Safe to repeat. Code: `BATON-POSTGRES-DATABASES`.
 */
export async function ensureDatabases(
  platform: Platform,
  server: DatabaseServer,
  secret: (name: string) => string | null,
): Promise<Result<void>> {
  const client = new pg.Client({ connectionString: server.adminUrl(), connectionTimeoutMillis: 10_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    for (const [name, database] of Object.entries(databaseNames(platform, server))) {
      const password = name === BATON ? null : secret(ownerSecret(name));
      if (password !== null) await ensureOwner(client, database, password);
      const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [database]);
      if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(database)}`);
      if (password !== null) {
        const named = pg.escapeIdentifier(database);
        await client.query(`alter database ${named} owner to ${named}`);
      }
    }
    return ok(undefined);
  } catch (error) {
    return failed({
      code: "BATON-POSTGRES-DATABASES",
      message: `The platform's databases cannot be made: ${error instanceof Error ? error.message : "the server refused"}.`,
      remedy: "Give the user of DATABASE_URL the right to create databases and roles.",
    });
  } finally {
    await client.end().catch(() => {});
  }
}

async function ensureOwner(client: pg.Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query("select 1 from pg_roles where rolname = $1", [role]);
  const verb = rowCount === 0 ? "create" : "alter";
  // The verifier, not the password: a server may be set to log statements, and logs one that fails.
  const verifier = pg.escapeLiteral(scramVerifier(password));
  await client.query(
    `${verb} role ${pg.escapeIdentifier(role)} login createdb createrole password ${verifier}`,
  );
}

/** The connection string of a logical database; null where there is no such name. A secret. */
export function databaseUrl(
  name: string,
  platform: Platform,
  server: DatabaseServer,
  secret: (name: string) => string | null,
): string | null {
  const database = databaseNames(platform, server)[name];
  if (database === undefined) return null;
  const admin = server.adminUrl(database);
  const password = name === BATON ? null : secret(ownerSecret(name));
  if (password === null) return admin;
  const url = new URL(admin);
  url.username = database;
  url.password = password;
  return url.toString();
}
