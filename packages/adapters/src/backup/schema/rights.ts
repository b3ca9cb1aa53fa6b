import type pg from "pg";
import { own } from "./item.ts";

/** Who owns what, who may do what, and what people noted about it: said when everything is there. */
export interface Rights {
  readonly owners: readonly string[];
  readonly grants: readonly string[];
  readonly comments: readonly string[];
}

const RELATION =
  "case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end";

const OWNED = `
  select 'schema' as kind, format('%I', o.nspname) as name, o.nspowner as owner, o.nspacl as acl, 'schema' as class
    from pg_namespace o where o.nspname !~ '^pg_' and o.nspname <> 'information_schema'
     and not exists (select from pg_depend e where e.classid = 'pg_namespace'::regclass and e.objid = o.oid and e.deptype = 'e')
  union all
  select ${RELATION}, format('%I.%I', n.nspname, c.relname), c.relowner, c.relacl, case c.relkind when 'S' then 'sequence' else 'table' end
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'v', 'm', 'S') and ${own("c", "c.relnamespace", "pg_class")}
  union all
  select case o.typtype when 'd' then 'domain' else 'type' end, format('%I.%I', n.nspname, o.typname), o.typowner, o.typacl, 'type'
    from pg_type o join pg_namespace n on n.oid = o.typnamespace left join pg_class r on r.oid = o.typrelid
   where (o.typtype in ('e', 'd') or (o.typtype = 'c' and r.relkind = 'c')) and ${own("o", "o.typnamespace", "pg_type")}
  union all
  select 'routine', o.oid::regprocedure::text, o.proowner, o.proacl, 'routine'
    from pg_proc o where o.prokind in ('f', 'p', 'w') and ${own("o", "o.pronamespace", "pg_proc")}
  union all
  select 'statistics', format('%I.%I', n.nspname, o.stxname), o.stxowner, null, 'none'
    from pg_statistic_ext o join pg_namespace n on n.oid = o.stxnamespace where ${own("o", "o.stxnamespace", "pg_statistic_ext")}`;

/** A sequence that belongs to a column has its table's owner. */
const LINKED = `exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
  and d.refclassid = 'pg_class'::regclass and d.objid = to_regclass(o.name)::oid)`;

const granted = (on: string, privilege = "a.privilege_type"): string =>
  `format('grant %s on %s to %s%s', ${privilege}, ${on},
     case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
     case when a.is_grantable then ' with grant option' else '' end)`;

const ALL_GRANTS = `
  select 0 as part, format('revoke all on %s %s from public, %I', class, name, pg_get_userbyid(owner)) as sql
    from owned where acl is not null
  union all
  select 1, ${granted("class || ' ' || name")} from owned cross join lateral aclexplode(acl) a where acl is not null
  union all
  select 1, ${granted("format('table %I.%I', n.nspname, c.relname)", "format('%s (%I)', a.privilege_type, t.attname)")}
    from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace
         cross join lateral aclexplode(t.attacl) a
   where t.attacl is not null and t.attnum > 0 and not t.attisdropped and ${own("c", "c.relnamespace", "pg_class")}`;

const COMMENTS = `
  select format('comment on %s %s is %L',
           case i.type when 'table column' then 'column' when 'view column' then 'column' when 'materialized view column' then 'column'
             when 'composite type column' then 'column' when 'table constraint' then 'constraint' when 'domain constraint' then 'constraint'
             when 'statistics object' then 'statistics' else i.type end,
           case i.type when 'domain constraint' then regexp_replace(i.identity, ' on ', ' on domain ') else i.identity end,
           d.description) as sql
    from pg_description d cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
   where (d.objoid >= 16384 or d.classoid = 'pg_namespace'::regclass and i.identity = 'public')
     and not exists (select from pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
   order by 1`;

/** Owners, grants and comments of a database's objects. */
export async function readRights(client: pg.Client): Promise<Rights> {
  const texts = async (sql: string): Promise<readonly string[]> =>
    (await client.query<{ sql: string }>(sql)).rows.map((row) => row.sql);
  return {
    owners: await texts(
      `select format('alter %s %s owner to %I', o.kind, o.name, pg_get_userbyid(o.owner)) as sql
         from (${OWNED}) o where not (o.kind = 'sequence' and ${LINKED}) order by 1`,
    ),
    grants: await texts(
      `with owned as (${OWNED}) select sql from (${ALL_GRANTS}) g group by part, sql order by part, sql`,
    ),
    comments: await texts(COMMENTS),
  };
}
