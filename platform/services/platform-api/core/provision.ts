import { readFile } from "node:fs/promises";
import pg from "pg";
import { commonSchema } from "../../../shared/shared-schema.ts";
import { tenantRole, tenantRolePassword } from "../../../shared/tenant-roles.ts";
import { scramVerifier } from "./scram.ts";

/** What to provision, and with whose rights. */
interface ProvisionOptions {
  /** A connection to the tenants' server that may create databases and roles; its caller holds the tenant's lock. */
  readonly admin: Pick<pg.Client, "query">;
  /** Connection string to any database of that server, with the same rights. */
  readonly serverUrl: string;
  readonly database: string;
  readonly r1RoleSecret: string;
}

/** One step of provisioning. Each can be repeated, after a crash at any point of any of them. */
export interface ProvisionStep {
  readonly name: string;
  run(options: ProvisionOptions): Promise<void>;
}

/** What R1 may do in a tenant's database: these tables and no others, which is what keeps later shapes from it. */
const R1_GRANTS: Readonly<Record<string, string>> = {
  bundles: "select, insert, update",
  prompts: "select, insert, update",
  prompt_versions: "select, insert, update",
  idempotency: "select, insert, update",
  settings: "select, insert, update",
  outbox: "select, insert",
};

/** The bundle that a tenant begins with. */
const STARTER_BUNDLE = { id: "00000000-0000-4000-8000-000000000001", name: "Starter" };

/** Makes a tenant's database, R1's role on it, the schema, its rights and its defaults; in this order. */
export const PROVISION_STEPS: readonly ProvisionStep[] = [
  { name: "database", run: createDatabase },
  { name: "role", run: createRole },
  { name: "access", run: limitAccess },
  { name: "schema", run: createSchema },
];

async function createDatabase({ admin, database }: ProvisionOptions): Promise<void> {
  const { rowCount } = await admin.query("select from pg_database where datname = $1", [database]);
  if (rowCount === 1) return;
  // Copying files beats writing every block to the log when the template is small and the databases are many.
  await admin.query(`create database ${quote(database)} template template0 strategy file_copy`);
}

async function createRole({ admin, database, r1RoleSecret }: ProvisionOptions): Promise<void> {
  const role = tenantRole(database, "r1");
  const { rowCount } = await admin.query("select from pg_roles where rolname = $1", [role]);
  if (rowCount === 0) await admin.query(`create role ${quote(role)}`);
  const verifier = scramVerifier(tenantRolePassword(r1RoleSecret, role));
  await admin.query(`alter role ${quote(role)} login password '${verifier}'`);
}

async function limitAccess({ admin, database }: ProvisionOptions): Promise<void> {
  const name = quote(database);
  await admin.query(`revoke all on database ${name} from public`);
  await admin.query(`grant connect on database ${name} to ${quote(tenantRole(database, "r1"))}`);
}

async function createSchema({ serverUrl, database }: ProvisionOptions): Promise<void> {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  const role = quote(tenantRole(database, "r1"));
  const own = await readFile(new URL("../schema/tenant.sql", import.meta.url), "utf8");
  const schema = `${own}\n${await commonSchema()}`;
  const grants = Object.entries(R1_GRANTS).map(
    ([table, rights]) => `grant ${rights} on ${table} to ${role};`,
  );
  const client = new pg.Client({ connectionString: url.href, application_name: "provisioning" });
  await client.connect();
  try {
    await client.query(`begin;
      set local client_min_messages = warning;
      set local search_path = public;
      ${schema}
      grant usage on schema public to ${role};
      ${grants.join("\n")}
      insert into bundles (id, name, created_by) values ('${STARTER_BUNDLE.id}', '${STARTER_BUNDLE.name}', 'platform')
        on conflict do nothing;
      commit`);
  } finally {
    await client.end();
  }
}

const quote = (name: string): string => pg.escapeIdentifier(name);
