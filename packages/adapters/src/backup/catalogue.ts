import type pg from "pg";

/** How many objects of each kind a database holds, counted without knowing what the reader of the schema knows. */
export type Counts = Readonly<Record<string, number>>;

const OWN = `(select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')`;
const ext = (catalogue: string, oid: string): string =>
  `exists (select from pg_depend e where e.classid = '${catalogue}'::regclass and e.objid = ${oid} and e.deptype = 'e')`;

/** Objects with a namespace: catalogue, its column for the namespace, kind. */
const SPACED: readonly (readonly [string, string, string])[] = [
  ["pg_class", "relnamespace", "'relation ' || t.relkind::text"],
  ["pg_proc", "pronamespace", "'routine ' || t.prokind::text"],
  ["pg_type", "typnamespace", "'type ' || t.typtype::text"],
  ["pg_operator", "oprnamespace", "'operator'"],
  ["pg_opclass", "opcnamespace", "'operator class'"],
  ["pg_opfamily", "opfnamespace", "'operator family'"],
  ["pg_collation", "collnamespace", "'collation'"],
  ["pg_conversion", "connamespace", "'conversion'"],
  ["pg_ts_config", "cfgnamespace", "'text search configuration'"],
  ["pg_ts_dict", "dictnamespace", "'text search dictionary'"],
  ["pg_ts_parser", "prsnamespace", "'text search parser'"],
  ["pg_ts_template", "tmplnamespace", "'text search template'"],
  ["pg_statistic_ext", "stxnamespace", "'statistics'"],
];

/** Objects of the database as a whole. */
const WHOLE: readonly (readonly [string, string])[] = [
  ["pg_cast", "cast"],
  ["pg_transform", "transform"],
  ["pg_language", "language"],
  ["pg_am", "access method"],
  ["pg_foreign_data_wrapper", "foreign-data wrapper"],
  ["pg_foreign_server", "foreign server"],
  ["pg_publication", "publication"],
  ["pg_event_trigger", "event trigger"],
  ["pg_largeobject_metadata", "large object"],
  ["pg_default_acl", "default privileges"],
];

const IN_CLASS = `join pg_class c on c.oid = t.%s where c.relnamespace in ${OWN} and not ${ext("pg_class", "c.oid")}`;
const inClass = (column: string): string => IN_CLASS.replace("%s", column);

const COUNTS = [
  ...SPACED.map(
    ([catalogue, space, kind]) =>
      `select ${kind} as kind, count(*) from ${catalogue} t where t.${space} in ${OWN} and not ${ext(catalogue, "t.oid")} group by 1`,
  ),
  ...WHOLE.map(
    ([catalogue, kind]) =>
      `select '${kind}', count(*) from ${catalogue} t where t.oid >= 16384 and not ${ext(catalogue, "t.oid")}`,
  ),
  `select 'schema', count(*) from pg_namespace t where t.oid in ${OWN} and not ${ext("pg_namespace", "t.oid")}`,
  "select 'extension', count(*) from pg_extension",
  `select 'column', count(*) from pg_attribute t ${inClass("attrelid")} and t.attnum > 0 and not t.attisdropped and c.relkind in ('r', 'v', 'm', 'c', 'p', 'f')`,
  `select 'column default', count(*) from pg_attrdef t ${inClass("adrelid")}`,
  `select 'constraint ' || t.contype::text, count(*) from pg_constraint t where t.connamespace in ${OWN} and t.contype <> 't' group by 1`,
  `select 'trigger', count(*) from pg_trigger t ${inClass("tgrelid")} and not t.tgisinternal`,
  `select 'rule', count(*) from pg_rewrite t ${inClass("ev_class")}`,
  `select 'policy', count(*) from pg_policy t ${inClass("polrelid")}`,
  `select 'inheritance', count(*) from pg_inherits t ${inClass("inhrelid")}`,
  `select 'typed table', count(*) from pg_class t where t.reloftype <> 0 and t.relnamespace in ${OWN}`,
  `select 'table of another access method', count(*) from pg_class t join pg_am a on a.oid = t.relam
     where t.relkind in ('r', 'm') and a.amname <> 'heap' and t.relnamespace in ${OWN}`,
  `select 'object in a tablespace', count(*) from pg_class t where t.reltablespace <> 0 and t.relnamespace in ${OWN}`,
  `select 'not null that is not valid', count(*) from pg_constraint t where t.contype = 'n' and not t.convalidated`,
  `select 'invalid index', count(*) from pg_index t ${inClass("indrelid")} and not t.indisvalid`,
  "select 'data of an extension', count(*) from pg_extension where extconfig is not null and extconfig <> '{}'",
  "select 'security label', count(*) from pg_seclabel",
  `select 'subscription', count(*) from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())`,
  `select 'comment', count(*) from pg_description d
     where (d.objoid >= 16384 or d.classoid = 'pg_namespace'::regclass and d.objoid = to_regnamespace('public')::oid)
     and not exists (select from pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')`,
  `select 'grant', count(*) from pg_class t cross join lateral aclexplode(t.relacl) a where t.relnamespace in ${OWN} and not ${ext("pg_class", "t.oid")}`,
  `select 'grant on a column', count(*) from pg_attribute t ${inClass("attrelid")} and t.attacl is not null`,
  `select 'grant on a routine', count(*) from pg_proc t cross join lateral aclexplode(t.proacl) a where t.pronamespace in ${OWN} and not ${ext("pg_proc", "t.oid")}`,
  `select 'right given on by one who was given it', count(*) from pg_class t cross join lateral aclexplode(t.relacl) a
     where a.grantor <> t.relowner and t.relnamespace in ${OWN} and not ${ext("pg_class", "t.oid")}`,
].join(" union all ");

/** Kinds whose making the reader of the schema knows. */
const KNOWN =
  /^(relation [rivmSct]|routine [fpw]|type [edcb]|statistics|schema|extension|column( default)?|constraint [cpufxn]|trigger|rule|policy|comment|grant( on .*)?)$/;

/** Counts every kind of object that is the database's own, in one look. */
export async function countObjects(client: pg.Client): Promise<Counts> {
  const { rows } = await client.query<{ kind: string; count: string }>(
    `select kind::text, sum(count)::text as count from (${COUNTS}) k group by 1 having sum(count) > 0 order by 1`,
  );
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]));
}

/** What of it cannot be copied, in words; empty when all of it can. */
export async function unknownKinds(client: pg.Client, counts: Counts): Promise<readonly string[]> {
  // `b`: base types; the array of a known type is one too, and comes with it.
  const { rows } = await client.query<{ base: string }>(
    `select count(*)::text as base from pg_type t where t.typtype = 'b' and t.typnamespace in ${OWN} and not ${ext("pg_type", "t.oid")}
        and not exists (select from pg_type e where e.typarray = t.oid)`,
  );
  const base = Number(rows[0]?.base ?? 0);
  const unknown = Object.entries(counts).filter(([kind]) => !KNOWN.test(kind));
  return [...unknown, ...(base > 0 ? [["base type", base] as const] : [])].map(
    ([kind, n]) => `${n} × ${kind}`,
  );
}
