/** One object of a database and the statements that make it. */
export interface SchemaItem {
  /** `class:oid` of the object, as `pg_depend` names it: what others depend on. */
  readonly key: string;
  /** Further keys under which others may mean this object: a table's row type, a constraint's index. */
  readonly also: readonly string[];
  readonly rank: number;
  /** Identity in words, for a steady order. */
  readonly name: string;
  readonly statements: readonly string[];
  /** Must come after the rows: it would fire on them, refuse them or slow them down. */
  readonly afterData: boolean;
}

/** Where nothing else says which of two comes first. Rows are loaded between `fallback` and `key`. */
export const RANK = {
  schema: 0,
  extension: 1,
  type: 2,
  routine: 3,
  sequence: 4,
  table: 5,
  fallback: 6,
  data: 7,
  key: 8,
  index: 9,
  check: 10,
  reference: 11,
  view: 12,
  rule: 13,
  trigger: 14,
  policy: 15,
  statistics: 16,
} as const;

/** Relations and routines of the database itself: not the system's, not an extension's. */
export const own = (alias: string, namespace: string, catalogue: string): string =>
  `${namespace} in (select n.oid from pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema')
   and not exists (select from pg_depend e where e.classid = '${catalogue}'::regclass and e.objid = ${alias}.oid and e.deptype = 'e')`;

/** The key of an object, as SQL. */
export const keyOf = (catalogue: string, oid: string): string =>
  `'${catalogue}'::regclass::oid || ':' || ${oid}`;
