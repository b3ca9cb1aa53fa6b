import { ProblemError } from "@baton/core";
import { onDatabase, withConnection } from "./connection.ts";
import { occupied } from "./problems.ts";

const TABLES = `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' limit 1`;

/** A database of that name may be made anew: there is none, or it holds no table. Throws `BATON-RESTORE-OCCUPIED`. */
export async function mustBeVacant(admin: string, database: string): Promise<void> {
  const there = await withConnection(admin, (client) =>
    client.query("select 1 from pg_database where datname = $1", [database]),
  );
  if (there.rowCount === 0) return;
  const tables = await withConnection(onDatabase(admin, database), (client) => client.query(TABLES));
  if (tables.rowCount !== 0) throw new ProblemError(occupied(database));
}
