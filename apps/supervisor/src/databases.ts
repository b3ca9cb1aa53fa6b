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

/** A way in with all rights, and the name of Baton's own database; the same to the platform's further servers. */
export interface DatabaseServers {
  readonly own: Pick<PostgresKeeper, "adminUrl" | "batonDatabase">;
  /** A server of the platform's `servers` by its name; the own one where nobody named another. */
  readonly further: (name: string) => Pick<PostgresKeeper, "adminUrl">;
}

/** Where a logical database is, what it is called there, and whose it is. */
interface Placed {
  readonly name: string;
  readonly database: string;
  readonly server: Pick<PostgresKeeper, "adminUrl">;
  /** Role that owns it, with the secret of its password; null: nobody in particular, programs connect with all rights. */
  readonly owner: { readonly role: string; readonly secret: string } | null;
}

/** All databases of the platform, Baton's own last. */
function placedDatabases(platform: Platform, { own, further }: DatabaseServers): readonly Placed[] {
  const nameOf = (entry: Platform["databases"][string]): string =>
    typeof entry === "string" ? entry : entry.database;
  const declared = Object.entries(platform.databases).map(([name, entry]): Placed => {
    const elsewhere = typeof entry === "string" ? null : entry;
    const owner = elsewhere?.owner ?? name;
    const owning = platform.databases[owner];
    return {
      name,
      database: nameOf(entry),
      server: elsewhere === null ? own : further(elsewhere.server),
      owner: owning === undefined ? null : { role: nameOf(owning), secret: ownerSecret(owner) },
    };
  });
  return [...declared, { name: BATON, database: own.batonDatabase, server: own, owner: null }];
}

/**
 * Creates the databases that are absent, and their owners: roles that may log in, create databases and create roles, and
 * nothing more, so that no service holds the key to what another keeps. Safe to repeat. Code: `BATON-POSTGRES-DATABASES`.
 */
export async function ensureDatabases(
  platform: Platform,
  servers: DatabaseServers,
  secret: (name: string) => string | null,
): Promise<Result<void>> {
  for (const placed of placedDatabases(platform, servers)) {
    const made = await ensureDatabase(placed, placed.owner && secret(placed.owner.secret));
    if (!made.ok) return made;
  }
  return ok(undefined);
}

async function ensureDatabase(placed: Placed, password: string | null): Promise<Result<void>> {
  const client = new pg.Client({
    connectionString: placed.server.adminUrl(),
    connectionTimeoutMillis: 10_000,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const database = pg.escapeIdentifier(placed.database);
    if (placed.owner !== null && password !== null) await ensureOwner(client, placed.owner.role, password);
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [
      placed.database,
    ]);
    if (rowCount === 0) await client.query(`create database ${database}`);
    if (placed.owner !== null && password !== null)
      await client.query(`alter database ${database} owner to ${pg.escapeIdentifier(placed.owner.role)}`);
    return ok(undefined);
  } catch (error) {
    return failed({
      code: "BATON-POSTGRES-DATABASES",
      message: `The platform's database ${placed.name} cannot be made: ${error instanceof Error ? error.message : "the server refused"}.`,
      remedy: "Give the user of the server's connection string the right to create databases and roles.",
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
  servers: DatabaseServers,
  secret: (name: string) => string | null,
): string | null {
  const placed = placedDatabases(platform, servers).find((one) => one.name === name);
  if (placed === undefined) return null;
  const admin = placed.server.adminUrl(placed.database);
  const password = placed.owner && secret(placed.owner.secret);
  if (placed.owner === null || password === null) return admin;
  const url = new URL(admin);
  url.username = placed.owner.role;
  url.password = password;
  return url.toString();
}
