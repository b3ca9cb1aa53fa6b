import { ProblemError } from "@baton/core";
import type pg from "pg";
import { unknownObjects } from "../problems.ts";
import { RANK, type SchemaItem } from "./item.ts";

/** The place in the order where the rows are loaded. */
const ROWS = "rows";

/**
 * The items before the rows and after them, each after what it depends on. Where nothing depends, by rank and name, so that the
 * same database always gives the same order.
 */
export async function inOrder(
  client: pg.Client,
  database: string,
  items: readonly SchemaItem[],
): Promise<{ readonly before: readonly SchemaItem[]; readonly after: readonly SchemaItem[] }> {
  const rows: SchemaItem = {
    key: ROWS,
    also: [],
    rank: RANK.data,
    name: "",
    statements: [],
    afterData: false,
  };
  const all = [...items, rows].sort(
    (a, b) => a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const needs = await dependencies(client, all);
  for (const item of items) {
    if (item.rank === RANK.table) link(needs, ROWS, item.key);
    if (item.afterData) link(needs, item.key, ROWS);
  }
  const done = new Set<string>();
  const order: SchemaItem[] = [];
  let left: readonly SchemaItem[] = all;
  while (left.length > 0) {
    const next = left.find(({ key }) => [...(needs.get(key) ?? [])].every((one) => done.has(one)));
    if (next === undefined)
      throw new ProblemError(
        unknownObjects(database, [
          `objects that depend on each other in a circle: ${left
            .map((one) => one.name)
            .filter((name) => name !== "")
            .slice(0, 10)
            .join(", ")}`,
        ]),
      );
    order.push(next);
    done.add(next.key);
    left = left.filter((item) => item !== next);
  }
  const at = order.indexOf(rows);
  return { before: order.slice(0, at), after: order.slice(at + 1) };
}

const link = (needs: Map<string, Set<string>>, item: string, on: string): void => {
  if (item !== on) needs.set(item, (needs.get(item) ?? new Set()).add(on));
};

async function dependencies(
  client: pg.Client,
  items: readonly SchemaItem[],
): Promise<Map<string, Set<string>>> {
  const known = new Map(items.flatMap(({ key, also }) => [key, ...also].map((name) => [name, key] as const)));
  // What belongs to an extension is there when the extension is.
  const { rows } = await client.query<{ item: string; needed: string }>(
    `select distinct d.classid || ':' || d.objid as item,
            coalesce('pg_extension'::regclass::oid || ':' || e.refobjid, d.refclassid || ':' || d.refobjid) as needed
       from pg_depend d left join pg_depend e on e.classid = d.refclassid and e.objid = d.refobjid and e.deptype = 'e'
      where d.deptype in ('n', 'a') and (d.refobjid >= 16384 or d.refclassid = 'pg_namespace'::regclass or e.objid is not null)`,
  );
  const needs = new Map<string, Set<string>>();
  for (const { item, needed } of rows) {
    const [from, to] = [known.get(item), known.get(needed)];
    if (from !== undefined && to !== undefined) link(needs, from, to);
  }
  // A sequence's owner is a column of a table that may ask this very sequence for its default; that is said after the rows.
  for (const { key, rank } of items) if (rank === RANK.sequence) dropTables(needs, key, items);
  return needs;
}

function dropTables(needs: Map<string, Set<string>>, key: string, items: readonly SchemaItem[]): void {
  for (const { key: table, rank } of items) if (rank === RANK.table) needs.get(key)?.delete(table);
}
