import type pg from "pg";

/** What belongs to a database as a whole. `%` stands for its name, which a restore may choose. */
export interface DatabaseTraits {
  /** Options of CREATE DATABASE. */
  readonly options: string;
  /** Said when the database has its own name: owner, rights, settings, a note. */
  readonly statements: readonly string[];
}

/** A role that owns something, or may do something. Roles belong to the server; one that is there is never changed. */
export interface Role {
  readonly name: string;
  readonly options: string;
  /** How its password is checked, where it could be read. A secret. */
  readonly verifier: string | null;
  /** Roles it belongs to. */
  readonly memberOf: readonly string[];
}

/** Settings whose value is a list, which must not be quoted as one. */
const LISTS = ["search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"];

const VALUE = `case when split_part(s, '=', 1) = any ($1) then substr(s, strpos(s, '=') + 1) else quote_literal(substr(s, strpos(s, '=') + 1)) end`;

const NAME = (identifier: string): string =>
  `case when ${identifier} = 'public' then 'public' else quote_ident(${identifier}) end`;

/** The database's own traits, the one it is read in. Settings under `baton.` are notes of Baton's and are left out. */
export async function readTraits(client: pg.Client, version: number): Promise<DatabaseTraits> {
  const locale = version >= 170_000 ? "d.datlocale" : "d.daticulocale";
  const rules = version >= 160_000 ? "d.daticurules" : "null::text";
  const { rows } = await client.query<{ options: string; statements: string[] }>(
    `select format('encoding %L locale_provider %s lc_collate %L lc_ctype %L', pg_encoding_to_char(d.encoding),
         case d.datlocprovider when 'b' then 'builtin' when 'i' then 'icu' else 'libc' end, d.datcollate, d.datctype)
       || case d.datlocprovider when 'b' then format(' builtin_locale %L', ${locale}) when 'i' then format(' icu_locale %L', ${locale}) else '' end
       || case when ${rules} is null then '' else format(' icu_rules %L', ${rules}) end as options,
       array[format('alter database %% owner to %I', pg_get_userbyid(d.datdba))]
       || case when d.datconnlimit < 0 then '{}' else array[format('alter database %% connection limit %s', d.datconnlimit)] end
       || case when d.datacl is null then '{}' else
            array[format('revoke all on database %% from public, %I', pg_get_userbyid(d.datdba))]
            || array(select format('grant %s on database %% to %s%s', a.privilege_type,
                 case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
                 case when a.is_grantable then ' with grant option' else '' end)
                 from aclexplode(d.datacl) a order by 1) end
       || array(select format(case r.setrole when 0 then 'alter database %%' else format('alter role %I in database %%%%', pg_get_userbyid(r.setrole)) end
                 || ' set %s to %s', ${NAME("split_part(s, '=', 1)")}, ${VALUE})
                 from pg_db_role_setting r cross join unnest(r.setconfig) s
                where r.setdatabase = d.oid and s not like 'baton.%' order by 1)
       || coalesce((select array[format('comment on database %% is %L', o.description)] from pg_shdescription o
            where o.classoid = 'pg_database'::regclass and o.objoid = d.oid), '{}') as statements
       from pg_database d where d.datname = current_database()`,
    [LISTS],
  );
  const found = rows[0];
  if (found === undefined) throw new Error("the database has no row of its own");
  return { options: found.options, statements: found.statements };
}

/** Every role that this database's objects name as owner, or give rights to. */
export async function readRoles(client: pg.Client): Promise<readonly Role[]> {
  const superuser = await client.query<{ may: boolean }>(
    "select has_table_privilege('pg_authid', 'select') as may",
  );
  const verifier =
    superuser.rows[0]?.may === true ? "(select p.rolpassword from pg_authid p where p.oid = r.oid)" : "null";
  const { rows } = await client.query<Role>(
    `with recursive named as (
       select refobjid as role from pg_shdepend where refclassid = 'pg_authid'::regclass
          and (dbid = (select oid from pg_database where datname = current_database())
               or classid = 'pg_database'::regclass and objid = (select oid from pg_database where datname = current_database()))
       union select m.roleid from named join pg_auth_members m on m.member = named.role)
     select r.rolname as name,
            format('%s %s %s %s %s %s connection limit %s', case when r.rolcanlogin then 'login' else 'nologin' end,
              case when r.rolsuper then 'superuser' else 'nosuperuser' end, case when r.rolinherit then 'inherit' else 'noinherit' end,
              case when r.rolcreatedb then 'createdb' else 'nocreatedb' end, case when r.rolcreaterole then 'createrole' else 'nocreaterole' end,
              case when r.rolbypassrls then 'bypassrls' else 'nobypassrls' end, r.rolconnlimit) as options,
            ${verifier} as verifier,
            array(select quote_ident(g.rolname) from pg_auth_members m join pg_roles g on g.oid = m.roleid
              where m.member = r.oid and g.rolname !~ '^pg_' order by 1) as "memberOf"
       from pg_roles r join named on named.role = r.oid where r.rolname !~ '^pg_' order by 1`,
  );
  return rows;
}
