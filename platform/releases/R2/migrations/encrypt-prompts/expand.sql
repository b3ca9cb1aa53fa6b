-- One transaction under a short lock_timeout. What locks nobody comes first; the table that people write to comes last and is
-- held for its catalogue changes only: a constant default rewrites no row, and existing rows keep revision 0.
select set_config('migration.old_role', :'oldRole', true),
       set_config('migration.new_role', :'newRole', true),
       set_config('migration.new_role_verifier', :'newRoleVerifier', true);

-- The new writers' role: all that the old one may do now. A verifier is stored; the password itself never comes here.
do $$
declare
  old_role text := current_setting('migration.old_role');
  new_role text := current_setting('migration.new_role');
  right_ record;
begin
  if not exists (select from pg_roles where rolname = new_role) then
    execute format('create role %I', new_role);
  end if;
  execute format('alter role %I with login password %L', new_role, current_setting('migration.new_role_verifier'));
  execute format('grant connect on database %I to %I', current_database(), new_role);
  execute format('grant usage on schema public to %I', new_role);
  for right_ in
    select c.relname, a.privilege_type, c.relkind
      from pg_class c cross join lateral aclexplode(c.relacl) a
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'S')
       and a.grantee = (select oid from pg_roles where rolname = old_role)
  loop
    execute format('grant %s on %s public.%I to %I', right_.privilege_type,
      case right_.relkind when 'S' then 'sequence' else 'table' end, right_.relname, new_role);
  end loop;
end $$;

create sequence if not exists prompt_revision;

-- Runs with its owner's rights: an old writer draws a revision without knowing that there is one.
create or replace function prompt_versions_draw_revision() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and old.body is null and new.revision = old.revision and session_user = current_user then
    -- The table's owner, whom no writer of any release connects as, brings back the text a contract took: the same text, so
    -- the same revision, and the ciphertext made from it stays current.
    return new;
  elsif tg_op = 'INSERT' or new.body is distinct from old.body then
    new.revision := nextval('public.prompt_revision');
  else
    -- A writer that keeps ciphertext only draws for itself. Never back: an old ciphertext must not become current again.
    new.revision := greatest(new.revision, old.revision);
  end if;
  return new;
end $$;

create table if not exists prompt_deks (
  id uuid primary key,
  bundle_id uuid not null unique references bundles (id) on delete cascade,
  wrapped text not null,
  created_at timestamptz not null default now()
);

alter table prompt_versions add column if not exists revision bigint not null default 0;

create or replace trigger prompt_versions_revision
  before insert or update on prompt_versions
  for each row execute function prompt_versions_draw_revision();

create table if not exists prompt_ciphertexts (
  prompt_id uuid not null,
  version int not null,
  revision bigint not null,
  format int not null,
  dek_id uuid not null references prompt_deks (id),
  nonce bytea not null,
  ciphertext bytea not null,
  commitment bytea not null,
  primary key (prompt_id, version),
  foreign key (prompt_id, version) references prompt_versions (prompt_id, version) on delete cascade
);

revoke all on prompt_deks, prompt_ciphertexts from public, :"oldRole";
grant usage on sequence prompt_revision to :"newRole";
grant select, insert on prompt_deks to :"newRole";
grant select, insert, update on prompt_ciphertexts to :"newRole";
