import type pg from "pg";
import { keyOf, own, RANK, type SchemaItem } from "./item.ts";

interface Kind {
  readonly rank: number;
  readonly afterData: boolean;
  /** Returns `key`, `also`, `name` and `statements`. */
  readonly sql: string;
}

const enabled = (what: string, table: string, name: string, state: string): string =>
  `case ${state} when 'O' then null else format('alter table %s %s ${what} %I', ${table},
     case ${state} when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, ${name}) end`;

const TABLE = "format('%I.%I', n.nspname, c.relname)";

const KINDS: readonly Kind[] = [
  {
    rank: RANK.schema,
    afterData: false,
    sql: `select ${keyOf("pg_namespace", "o.oid")} as key, array[]::text[] as also, quote_ident(o.nspname) as name,
      array[format('create schema %I', o.nspname)] as statements
      from pg_namespace o where o.nspname !~ '^pg_' and o.nspname <> 'information_schema'
        and not exists (select from pg_depend e where e.classid = 'pg_namespace'::regclass and e.objid = o.oid and e.deptype = 'e')`,
  },
  {
    rank: RANK.extension,
    afterData: false,
    sql: `select ${keyOf("pg_extension", "o.oid")} as key, array[]::text[] as also, quote_ident(o.extname) as name,
      array[format('create extension if not exists %I with schema %I version %L', o.extname, n.nspname, o.extversion)] as statements
      from pg_extension o join pg_namespace n on n.oid = o.extnamespace`,
  },
  {
    rank: RANK.type,
    afterData: false,
    sql: `select ${keyOf("pg_type", "o.oid")} as key, array[${keyOf("pg_type", "o.typarray")}, ${keyOf("pg_class", "o.typrelid")}] as also,
      format('%I.%I', n.nspname, o.typname) as name,
      case o.typtype
        when 'e' then array[format('create type %I.%I as enum (%s)', n.nspname, o.typname,
          (select string_agg(quote_literal(l.enumlabel), ', ' order by l.enumsortorder) from pg_enum l where l.enumtypid = o.oid))]
        when 'd' then array[format('create domain %I.%I as %s%s%s%s', n.nspname, o.typname, format_type(o.typbasetype, o.typtypmod),
          case when o.typcollation <> (select b.typcollation from pg_type b where b.oid = o.typbasetype) then
            ' collate ' || (select format('%I.%I', ln.nspname, l.collname) from pg_collation l
              join pg_namespace ln on ln.oid = l.collnamespace where l.oid = o.typcollation) else '' end,
          coalesce(' default ' || pg_get_expr(o.typdefaultbin, 0), ''),
          coalesce((select string_agg(format(' constraint %I %s', k.conname, pg_get_constraintdef(k.oid)), '' order by k.conname)
            from pg_constraint k where k.contypid = o.oid), '')
          || case when o.typnotnull and not exists (select from pg_constraint k where k.contypid = o.oid and k.contype = 'n')
            then ' not null' else '' end)]
        else array[format('create type %I.%I as (%s)', n.nspname, o.typname,
          (select string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
             case when a.attcollation <> t.typcollation and a.attcollation <> 0 then ' collate ' || (select format('%I.%I', ln.nspname, l.collname)
               from pg_collation l join pg_namespace ln on ln.oid = l.collnamespace where l.oid = a.attcollation) else '' end),
             ', ' order by a.attnum)
             from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = o.typrelid and a.attnum > 0 and not a.attisdropped))]
      end as statements
      from pg_type o join pg_namespace n on n.oid = o.typnamespace left join pg_class r on r.oid = o.typrelid
     where (o.typtype in ('e', 'd') or (o.typtype = 'c' and r.relkind = 'c')) and ${own("o", "o.typnamespace", "pg_type")}`,
  },
  {
    rank: RANK.routine,
    afterData: false,
    sql: `select ${keyOf("pg_proc", "o.oid")} as key, array[]::text[] as also, o.oid::regprocedure::text as name,
      array[pg_get_functiondef(o.oid)] as statements
      from pg_proc o where o.prokind in ('f', 'p', 'w') and ${own("o", "o.pronamespace", "pg_proc")}`,
  },
  {
    rank: RANK.key,
    afterData: true,
    sql: `select ${keyOf("pg_constraint", "k.oid")} as key, array[${keyOf("pg_class", "k.conindid")}] as also,
      format('%s %I', ${TABLE}, k.conname) as name,
      array_remove(array[format('alter table %s add constraint %I %s', ${TABLE}, k.conname, pg_get_constraintdef(k.oid)),
        case when i.indisclustered then format('alter table %s cluster on %I', ${TABLE}, k.conname) end,
        case when i.indisreplident then format('alter table %s replica identity using index %I', ${TABLE}, k.conname) end], null) as statements
      from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
           join pg_index i on i.indexrelid = k.conindid
     where k.contype in ('p', 'u', 'x') and ${own("c", "c.relnamespace", "pg_class")}`,
  },
  {
    rank: RANK.index,
    afterData: true,
    sql: `select ${keyOf("pg_class", "x.oid")} as key, array[]::text[] as also, format('%I.%I', n.nspname, x.relname) as name,
      array_remove(array[pg_get_indexdef(x.oid),
        case when i.indisclustered then format('alter table %s cluster on %I', ${TABLE}, x.relname) end,
        case when i.indisreplident then format('alter table %s replica identity using index %I', ${TABLE}, x.relname) end], null)
      || array(select format('alter index %I.%I alter column %s set statistics %s', n.nspname, x.relname, a.attnum, a.attstattarget)
           from pg_attribute a where a.attrelid = x.oid and coalesce(a.attstattarget, -1) >= 0 order by a.attnum) as statements
      from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm') and ${own("x", "x.relnamespace", "pg_class")}
       and not exists (select from pg_constraint k where k.conindid = x.oid and k.contype in ('p', 'u', 'x'))`,
  },
  {
    rank: RANK.check,
    afterData: true,
    sql: `select ${keyOf("pg_constraint", "k.oid")} as key, array[]::text[] as also, format('%s %I', ${TABLE}, k.conname) as name,
      array[format('alter table %s add constraint %I %s', ${TABLE}, k.conname, pg_get_constraintdef(k.oid))] as statements
      from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
     where k.contype = 'c' and ${own("c", "c.relnamespace", "pg_class")}`,
  },
  {
    rank: RANK.reference,
    afterData: true,
    sql: `select ${keyOf("pg_constraint", "k.oid")} as key, array[]::text[] as also, format('%s %I', ${TABLE}, k.conname) as name,
      array[format('alter table %s add constraint %I %s', ${TABLE}, k.conname, pg_get_constraintdef(k.oid))] as statements
      from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
     where k.contype = 'f' and ${own("c", "c.relnamespace", "pg_class")}`,
  },
  {
    rank: RANK.view,
    afterData: true,
    sql: `select ${keyOf("pg_class", "c.oid")} as key,
      array[${keyOf("pg_type", "c.reltype")}] || array(select ${keyOf("pg_rewrite", "w.oid")} from pg_rewrite w
        where w.ev_class = c.oid and w.rulename = '_RETURN') as also, ${TABLE} as name,
      array_remove(array[format('create %s %s%s as %s', case c.relkind when 'v' then 'view' else 'materialized view' end, ${TABLE},
        case when c.reloptions is null then '' else format(' with (%s)', array_to_string(c.reloptions, ', ')) end,
        rtrim(pg_get_viewdef(c.oid), ';')) || case c.relkind when 'm' then ' with no data' else '' end,
        case when c.relkind = 'm' and c.relispopulated then format('refresh materialized view %s', ${TABLE}) end], null) as statements
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('v', 'm') and ${own("c", "c.relnamespace", "pg_class")}`,
  },
  {
    rank: RANK.rule,
    afterData: true,
    sql: `select ${keyOf("pg_rewrite", "w.oid")} as key, array[]::text[] as also, format('%s %I', ${TABLE}, w.rulename) as name,
      array_remove(array[pg_get_ruledef(w.oid), ${enabled("rule", TABLE, "w.rulename", "w.ev_enabled")}], null) as statements
      from pg_rewrite w join pg_class c on c.oid = w.ev_class join pg_namespace n on n.oid = c.relnamespace
     where w.rulename <> '_RETURN' and ${own("c", "c.relnamespace", "pg_class")}`,
  },
  {
    rank: RANK.trigger,
    afterData: true,
    sql: `select ${keyOf("pg_trigger", "g.oid")} as key, array[]::text[] as also, format('%s %I', ${TABLE}, g.tgname) as name,
      array_remove(array[pg_get_triggerdef(g.oid), ${enabled("trigger", TABLE, "g.tgname", "g.tgenabled")}], null) as statements
      from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace
     where not g.tgisinternal and ${own("c", "c.relnamespace", "pg_class")}`,
  },
  {
    rank: RANK.policy,
    afterData: true,
    sql: `select ${keyOf("pg_policy", "p.oid")} as key, array[]::text[] as also, format('%s %I', ${TABLE}, p.polname) as name,
      array[format('create policy %I on %s as %s for %s to %s%s%s', p.polname, ${TABLE},
        case when p.polpermissive then 'permissive' else 'restrictive' end,
        case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
        (select string_agg(case when m = 0 then 'public' else quote_ident(pg_get_userbyid(m)) end, ', ') from unnest(p.polroles) m),
        coalesce(' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ''),
        coalesce(' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''))] as statements
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
     where ${own("c", "c.relnamespace", "pg_class")}`,
  },
  {
    rank: RANK.policy,
    afterData: true,
    sql: `select 'guard:' || c.oid as key, array[]::text[] as also, ${TABLE} as name,
      array_remove(array[case when c.relrowsecurity then format('alter table %s enable row level security', ${TABLE}) end,
        case when c.relforcerowsecurity then format('alter table %s force row level security', ${TABLE}) end,
        case c.relreplident when 'n' then format('alter table %s replica identity nothing', ${TABLE})
          when 'f' then format('alter table %s replica identity full', ${TABLE}) end], null) as statements
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and (c.relrowsecurity or c.relforcerowsecurity or c.relreplident in ('n', 'f'))
       and ${own("c", "c.relnamespace", "pg_class")}`,
  },
  {
    rank: RANK.statistics,
    afterData: true,
    sql: `select ${keyOf("pg_statistic_ext", "o.oid")} as key, array[]::text[] as also, format('%I.%I', n.nspname, o.stxname) as name,
      array[pg_get_statisticsobjdef(o.oid)] || case when coalesce(o.stxstattarget, -1) >= 0 then
        array[format('alter statistics %I.%I set statistics %s', n.nspname, o.stxname, o.stxstattarget)] else '{}' end as statements
      from pg_statistic_ext o join pg_namespace n on n.oid = o.stxnamespace where ${own("o", "o.stxnamespace", "pg_statistic_ext")}`,
  },
];

/** Everything in a database but its tables, sequences and rights. */
export async function readObjects(client: pg.Client): Promise<readonly SchemaItem[]> {
  const items: SchemaItem[] = [];
  for (const { rank, afterData, sql } of KINDS) {
    const { rows } = await client.query<Omit<SchemaItem, "rank" | "afterData">>(`${sql} order by 3`);
    items.push(...rows.map((row) => ({ ...row, rank, afterData })));
  }
  return items;
}
