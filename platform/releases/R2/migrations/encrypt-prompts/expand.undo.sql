-- The new writers serve this tenant no more when this runs; sessions they left open are ended. All plaintext is where it was.
do $$
begin
  -- Two conditions, not one: a condition that names an absent table fails as a whole.
  if to_regclass('public.prompt_ciphertexts') is not null then
    if exists (
      select from public.prompt_versions v join public.prompt_ciphertexts c using (prompt_id, version) where v.body is null
    ) then
      raise exception 'some prompts are kept as ciphertext only; their tables cannot go';
    end if;
  end if;
end $$;

select set_config('migration.new_role', :'newRole', true);
do $$
declare
  new_role text := current_setting('migration.new_role');
begin
  if exists (select from pg_roles where rolname = new_role) then
    execute format('alter role %I nologin', new_role);
    perform pg_terminate_backend(pid) from pg_stat_activity where usename = new_role;
  end if;
end $$;

lock table prompt_versions, bundles in access exclusive mode;
drop trigger if exists prompt_versions_revision on prompt_versions;
drop table if exists prompt_ciphertexts;
drop table if exists prompt_deks;
alter table prompt_versions drop column if exists revision;
drop function if exists prompt_versions_draw_revision();
drop sequence if exists prompt_revision;

do $$
declare
  new_role text := current_setting('migration.new_role');
begin
  if exists (select from pg_roles where rolname = new_role) then
    execute format('drop owned by %I', new_role);
    execute format('drop role %I', new_role);
  end if;
end $$;
