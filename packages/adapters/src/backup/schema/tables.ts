import type pg from "pg";
import { keyOf, own, RANK, type SchemaItem } from "./item.ts";

/** A table whose rows are copied: its name as SQL, and the columns that hold values of their own. */
export interface DataTable {
  /** Schema and name, quoted as SQL wants them. */
  readonly name: string;
  /** Column list for COPY, in parentheses; columns that are computed are not in it. */
  readonly columns: string;
}

interface ColumnRow {
  readonly key: string;
  readonly row_type: string;
  readonly name: string;
  readonly prefix: string;
  readonly options: string | null;
  readonly columns: string[] | null;
  readonly copied: string[] | null;
  readonly after: string[] | null;
  readonly identities: string[];
}

const SEQUENCE_OPTIONS = `format('as %s start with %s increment by %s minvalue %s maxvalue %s cache %s %s',
  format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
  case when s.seqcycle then 'cycle' else 'no cycle' end)`;

const IDENTITY_SEQUENCE = `(select format(' (sequence name %I.%I %s)', qn.nspname, q.relname,
    regexp_replace(${SEQUENCE_OPTIONS}, '^as [a-z]+ ', ''))
   from pg_depend d join pg_class q on q.oid = d.objid and q.relkind = 'S' join pg_namespace qn on qn.oid = q.relnamespace
        join pg_sequence s on s.seqrelid = q.oid
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid
    and d.refobjsubid = a.attnum and d.deptype = 'i')`;

const NOT_NULL = (named: boolean): string =>
  named
    ? `coalesce((select format(' constraint %I not null%s', k.conname, case when k.connoinherit then ' no inherit' else '' end)
         from pg_constraint k where k.conrelid = c.oid and k.contype = 'n' and k.conkey = array[a.attnum]), '')`
    : "case when a.attnotnull then ' not null' else '' end";

const COLUMN = (version: number): string => `format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
  || case when a.attcompression <> '' then ' compression ' || case a.attcompression when 'p' then 'pglz' else 'lz4' end else '' end
  || case when a.attcollation <> t.typcollation and a.attcollation <> 0
       then ' collate ' || (select format('%I.%I', ln.nspname, l.collname) from pg_collation l
         join pg_namespace ln on ln.oid = l.collnamespace where l.oid = a.attcollation) else '' end
  || ${NOT_NULL(version >= 180_000)}
  || case a.attgenerated when '' then '' else format(' generated always as (%s) %s',
       (select pg_get_expr(f.adbin, f.adrelid) from pg_attrdef f where f.adrelid = c.oid and f.adnum = a.attnum),
       case a.attgenerated when 's' then 'stored' else 'virtual' end) end
  || case a.attidentity when '' then '' else format(' generated %s as identity', case a.attidentity when 'a' then 'always' else 'by default' end)
       || ${IDENTITY_SEQUENCE} end`;

const STORAGE =
  "case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end";

const AFTER = `array_remove(
    array_agg(case when a.attstorage <> t.typstorage then format('alter table %I.%I alter column %I set storage %s', n.nspname, c.relname, a.attname, ${STORAGE}) end order by a.attnum)
 || array_agg(case when coalesce(a.attstattarget, -1) >= 0 then format('alter table %I.%I alter column %I set statistics %s', n.nspname, c.relname, a.attname, a.attstattarget) end order by a.attnum)
 || array_agg(case when a.attoptions is not null then format('alter table %I.%I alter column %I set (%s)', n.nspname, c.relname, a.attname, array_to_string(a.attoptions, ', ')) end order by a.attnum),
  null)`;

/** Ordinary tables with their columns, and the sequences that are not an identity's. */
export async function readTables(
  client: pg.Client,
  version: number,
): Promise<{ readonly items: readonly SchemaItem[]; readonly data: readonly DataTable[] }> {
  const { rows } = await client.query<ColumnRow>(`
    select ${keyOf("pg_class", "c.oid")} as key, ${keyOf("pg_type", "c.reltype")} as row_type,
           format('%I.%I', n.nspname, c.relname) as name,
           case c.relpersistence when 'u' then 'create unlogged table' else 'create table' end as prefix,
           case when c.reloptions is null then null else array_to_string(c.reloptions, ', ') end as options,
           array_agg(${COLUMN(version)} order by a.attnum) filter (where a.attnum is not null) as columns,
           array_agg(quote_ident(a.attname) order by a.attnum) filter (where a.attgenerated = '') as copied,
           ${AFTER} as after,
           array(select ${keyOf("pg_class", "d.objid")} from pg_depend d where d.classid = 'pg_class'::regclass
             and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.deptype = 'i')
           || array(select ${keyOf("pg_attrdef", "f.oid")} from pg_attrdef f join pg_attribute g on g.attrelid = f.adrelid
             and g.attnum = f.adnum where f.adrelid = c.oid and g.attgenerated <> '') as identities
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
           left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
           left join pg_type t on t.oid = a.atttypid
     where c.relkind = 'r' and ${own("c", "c.relnamespace", "pg_class")}
     group by c.oid, n.oid, n.nspname, c.relname order by n.nspname, c.relname`);
  const tables = rows.map(
    (row): SchemaItem => ({
      key: row.key,
      also: [row.row_type, ...row.identities],
      rank: RANK.table,
      name: row.name,
      statements: [
        `${row.prefix} ${row.name} (${(row.columns ?? []).join(", ")})${row.options === null ? "" : ` with (${row.options})`}`,
        ...(row.after ?? []),
      ],
      afterData: false,
    }),
  );
  const data = rows.map(({ name, copied }) => ({
    name,
    columns: copied === null ? "" : `(${copied.join(", ")})`,
  }));
  return { items: [...tables, ...(await readSequences(client)), ...(await readDefaults(client))], data };
}

async function readSequences(client: pg.Client): Promise<readonly SchemaItem[]> {
  const { rows } = await client.query<{ key: string; name: string; sql: string; owned: string | null }>(`
    select ${keyOf("pg_class", "c.oid")} as key, format('%I.%I', n.nspname, c.relname) as name,
           format('create %ssequence %I.%I %s', case c.relpersistence when 'u' then 'unlogged ' else '' end,
             n.nspname, c.relname, ${SEQUENCE_OPTIONS}) as sql,
           (select format('alter sequence %I.%I owned by %I.%I.%I', n.nspname, c.relname, rn.nspname, r.relname, a.attname)
              from pg_depend d join pg_class r on r.oid = d.refobjid join pg_namespace rn on rn.oid = r.relnamespace
                   join pg_attribute a on a.attrelid = r.oid and a.attnum = d.refobjsubid
             where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass
               and d.deptype = 'a') as owned
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_sequence s on s.seqrelid = c.oid
     where c.relkind = 'S' and ${own("c", "c.relnamespace", "pg_class")}
       and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'i')
     order by 2`);
  return rows.flatMap(({ key, name, sql, owned }): SchemaItem[] => [
    { key, also: [], rank: RANK.sequence, name, statements: [sql], afterData: false },
    // After the rows: the column it belongs to is made later than the sequence that its default asks.
    ...(owned === null
      ? []
      : [{ key: `owned:${key}`, also: [], rank: RANK.key, name, statements: [owned], afterData: true }]),
  ]);
}

async function readDefaults(client: pg.Client): Promise<readonly SchemaItem[]> {
  const { rows } = await client.query<{ key: string; name: string; sql: string }>(`
    select ${keyOf("pg_attrdef", "f.oid")} as key, format('%I.%I.%I', n.nspname, c.relname, a.attname) as name,
           format('alter table %I.%I alter column %I set default %s', n.nspname, c.relname, a.attname,
             pg_get_expr(f.adbin, f.adrelid)) as sql
      from pg_attrdef f join pg_class c on c.oid = f.adrelid join pg_namespace n on n.oid = c.relnamespace
           join pg_attribute a on a.attrelid = c.oid and a.attnum = f.adnum
     where a.attgenerated = '' and c.relkind in ('r', 'v') and ${own("c", "c.relnamespace", "pg_class")} order by 2`);
  return rows.map(({ key, name, sql }) => ({
    key,
    also: [],
    rank: RANK.fallback,
    name,
    statements: [sql],
    afterData: false,
  }));
}
