import { ProblemError } from "@baton/core";
import pg from "pg";
import type { Manifest } from "../tenants-migrate/manifest.ts";
import { bindSql } from "../tenants-migrate/sql-text.ts";
import type { WrappedKey } from "./rewrap.ts";

type Declared = NonNullable<Manifest["wrappedKeys"]>;

/** The version a wrapped key names, in SQL; one that names none is below all. */
const VERSION = "coalesce(substring(wrapped from '^vault:v([1-9][0-9]{0,8}):')::int, 0)";

/** Where a tenant's wrapped data keys stand, as its migration declares it. All throw what a database throws. */
export interface WrappedKeys {
  /** Up to `limit` data keys below a version. */
  below(version: number, limit: number): Promise<readonly WrappedKey[]>;
  countBelow(version: number): Promise<number>;
  /** Puts the new one in the old one's place; false where something else stands there by now. */
  replace(old: WrappedKey, fresh: string): Promise<boolean>;
  /** Runs the statements that refuse, or allow again, data keys below a version. */
  refuse(version: number): Promise<void>;
  allow(version: number): Promise<void>;
  /** Keeps everybody from adding a data key, for the rest of this transaction. */
  lock(): Promise<void>;
}

export function wrappedKeys(
  client: pg.Client,
  declared: Declared,
  parameters: Readonly<Record<string, string>>,
): WrappedKeys {
  const bound = (text: string, more: Readonly<Record<string, string>> = {}): string => {
    const sql = bindSql(text, { ...parameters, ...more }, "migration.yaml");
    if (!sql.ok) throw new ProblemError(...sql.problems);
    return sql.value.trim().replace(/;$/, "");
  };
  const list = bound(declared.list);
  const version = (number: number) => ({ keyVersion: String(number) });
  return {
    below: async (number, limit) => {
      const { rows } = await client.query<Record<string, unknown>>(
        `select id::text as id, wrapped, bound from (${list}) listed where ${VERSION} < $1 order by id limit $2`,
        [number, limit],
      );
      return rows.map(keyOf);
    },
    countBelow: async (number) => {
      const { rows } = await client.query<{ below: number }>(
        `select count(*)::int as below from (${list}) listed where ${VERSION} < $1`,
        [number],
      );
      const below = rows[0]?.below;
      if (below === undefined) throw new Error("a count yields no row");
      return below;
    },
    replace: async (old, fresh) => {
      const { rowCount } = await client.query(declared.replace, [old.id, old.wrapped, fresh]);
      return rowCount === 1;
    },
    refuse: async (number) => {
      await client.query(bound(declared.refuse, version(number)));
    },
    allow: async (number) => {
      await client.query(bound(declared.allow, version(number)));
    },
    lock: async () => {
      const tables = declared.lock.map((table) => table.split(".").map(pg.escapeIdentifier).join("."));
      await client.query(`lock table ${tables.join(", ")} in share row exclusive mode`);
    },
  };
}

function keyOf(row: Record<string, unknown>): WrappedKey {
  const { id, wrapped, bound } = row;
  if (typeof id !== "string" || typeof wrapped !== "string" || !Buffer.isBuffer(bound))
    throw new ProblemError({
      code: "BATON-MIGRATION-QUERY",
      message: "The `list` of the migration's wrapped keys does not yield id, wrapped and bound.",
      remedy: "Let it return one row a data key: its id, the wrapped text, and the associated data as bytea.",
    });
  return { id, wrapped, bound };
}
