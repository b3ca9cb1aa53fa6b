/** A numbered change of the journal's schema. Applied once, in order, each in a transaction with its number. */
export interface SchemaMigration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** Key of the advisory lock that all writers of a journal take: see docs/journal.md, "Order". */
export const writerLock = "hashtextextended('baton_journal.writer', 0)";

const tables = `
create table baton_journal.events (
  position bigint primary key,
  stream text collate "C" not null check (stream !~ '[\\x01-\\x1f]'),
  seq bigint not null,
  at bigint not null,
  epoch bigint not null,
  type text not null check (type !~ '[\\x01-\\x1f]'),
  version int not null,
  data text not null,
  hash text not null,
  previous text not null,
  unique (stream, seq)
);
create table baton_journal.streams (
  stream text collate "C" primary key,
  seq bigint not null,
  hash text not null
) with (fillfactor = 50);
create table baton_journal.leases (
  name text primary key,
  owner text not null,
  epoch bigint not null,
  expires_at bigint not null
) with (fillfactor = 50);
create table baton_journal.snapshots (
  stream text primary key,
  position bigint not null,
  version int not null,
  state text not null
);
create table baton_journal.documents (hash text primary key, bytes text not null);
create table baton_journal.progress (
  run text not null,
  key text not null,
  progress text not null,
  primary key (run, key)
) with (fillfactor = 50);
create function baton_journal.clock() returns bigint language sql volatile
  as 'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint';
`;

/**
 * One call, one round trip, one transaction. The writers' lock comes first, so that all that follows sees every
 * earlier append and positions are handed out in the order of commits. `p_streams` names each stream once; `p_entry`
 * says to which of them each part of the batch belongs. Few statements: each costs more than the hashes do.
 */
const append = `
create function baton_journal.append(
  p_streams text[], p_entry int[], p_expected bigint[], p_counts int[],
  p_types text[], p_versions int[], p_data text[], p_lease text, p_epoch bigint
) returns table (r_position bigint, r_seq bigint, r_at bigint, r_hash text, r_previous text)
language plpgsql volatile as $function$
declare
  v_clock bigint;
  v_at bigint;
  v_position bigint;
  v_stream int;
  v_event int := 0;
  v_epoch bigint := coalesce(p_epoch, 0);
  v_lease baton_journal.leases;
  h_seq bigint[];
  h_hash text[];
  c_stream int[] := '{}';
  c_seq bigint[] := '{}';
  c_hash text[] := '{}';
  c_previous text[] := '{}';
begin
  perform pg_advisory_xact_lock(${writerLock});
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  v_clock := baton_journal.clock();
  if p_lease is not null then
    select * into v_lease from baton_journal.leases where name = p_lease;
    if not found or v_lease.epoch <> v_epoch or v_lease.expires_at <= v_clock then
      raise exception 'the lease is not held' using errcode = 'BJ002', detail =
        json_build_object('lease', p_lease, 'epoch', v_epoch)::text;
    end if;
  end if;
  select array_agg(coalesce(s.seq, 0) order by u.n), array_agg(coalesce(s.hash, repeat('0', 64)) order by u.n)
    into h_seq, h_hash
    from unnest(p_streams) with ordinality as u (stream, n) left join baton_journal.streams s using (stream);
  for i in 1 .. cardinality(p_entry) loop
    v_stream := p_entry[i];
    if p_expected[i] <> h_seq[v_stream] then
      raise exception 'the stream has moved on' using errcode = 'BJ001', detail = json_build_object(
        'stream', p_streams[v_stream], 'expected', p_expected[i], 'found', h_seq[v_stream])::text;
    end if;
    if p_counts[i] > 0 and v_position is null then
      select e.position, e.at into v_position, v_at from baton_journal.events e order by e.position desc limit 1;
      v_position := coalesce(v_position, 0);
      v_at := greatest(v_clock, v_at);
    end if;
    for j in 1 .. p_counts[i] loop
      v_event := v_event + 1;
      c_stream[v_event] := v_stream;
      c_previous[v_event] := h_hash[v_stream];
      c_seq[v_event] := h_seq[v_stream] + 1;
      c_hash[v_event] := encode(sha256(convert_to(c_previous[v_event] || E'\\n' || p_streams[v_stream] || E'\\n'
        || c_seq[v_event] || E'\\n' || v_at || E'\\n' || v_epoch || E'\\n' || p_types[v_event] || E'\\n'
        || p_versions[v_event] || E'\\n' || p_data[v_event], 'UTF8')), 'hex');
      h_seq[v_stream] := c_seq[v_event];
      h_hash[v_stream] := c_hash[v_event];
    end loop;
  end loop;
  if v_event = 0 then return; end if;
  insert into baton_journal.streams as s
    select u.stream, u.seq, u.hash from unnest(p_streams, h_seq, h_hash) as u (stream, seq, hash) where u.seq > 0
    on conflict (stream) do update set seq = excluded.seq, hash = excluded.hash;
  perform pg_notify('baton_journal', v_position + v_event || E'\\n'
    || case when octet_length(u.names) < 7000 then u.names else '' end)
    from (select array_to_string(p_streams, E'\\n') as names) u;
  return query insert into baton_journal.events (position, stream, seq, at, epoch, type, version, data, hash, previous)
    select v_position + u.n, p_streams[u.stream], u.seq, v_at, v_epoch, u.type, u.version, u.data, u.hash, u.previous
    from unnest(c_stream, c_seq, p_types, p_versions, p_data, c_hash, c_previous) with ordinality
      as u (stream, seq, type, version, data, hash, previous, n)
    returning events.position, events.seq, events.at, events.hash, events.previous;
end
$function$;
`;

/** Leases go by the same lock as appends, so "who holds it" cannot change between an append's check and its commit. */
const leases = `
create function baton_journal.acquire(p_name text, p_owner text, p_ttl bigint) returns setof baton_journal.leases
language plpgsql volatile as $function$
declare
  v_clock bigint;
  v_lease baton_journal.leases;
  v_next bigint;
begin
  perform pg_advisory_xact_lock(${writerLock});
  v_clock := baton_journal.clock();
  select coalesce(max(epoch), 0) + 1 into v_next from baton_journal.leases;
  select * into v_lease from baton_journal.leases where name = p_name;
  if not found then
    return query insert into baton_journal.leases values (p_name, p_owner, v_next, v_clock + p_ttl) returning *;
  elsif v_lease.owner = p_owner or v_lease.expires_at <= v_clock then
    return query update baton_journal.leases l set owner = p_owner, expires_at = v_clock + p_ttl,
      epoch = case when l.owner = p_owner then l.epoch else v_next end where l.name = p_name returning l.*;
  else
    raise exception 'the lease is held' using errcode = 'BJ003', detail =
      json_build_object('lease', p_name, 'owner', v_lease.owner, 'expiresAt', v_lease.expires_at)::text;
  end if;
end
$function$;
create function baton_journal.set_expiry(p_name text, p_owner text, p_epoch bigint, p_ttl bigint)
returns setof baton_journal.leases language plpgsql volatile as $function$
begin
  perform pg_advisory_xact_lock(${writerLock});
  return query update baton_journal.leases l
    set expires_at = case when p_ttl = 0 then 0 else baton_journal.clock() + p_ttl end
    where l.name = p_name and l.owner = p_owner and l.epoch = p_epoch and l.expires_at > 0 returning l.*;
end
$function$;
`;

/** Who the journal is, and what was signed of it: see docs/journal.md, "What is signed". */
const audit = `
create table baton_journal.identity (
  sole boolean primary key default true check (sole),
  id text not null
);
insert into baton_journal.identity (id) values (gen_random_uuid());
create table baton_journal.statements (
  number bigint primary key,
  position bigint not null,
  text text not null,
  signature text not null
);
`;

/** Since when a lease's holder has it; null where it was taken before this change. */
const leaseSince = `
alter table baton_journal.leases add column since bigint;
create or replace function baton_journal.acquire(p_name text, p_owner text, p_ttl bigint)
returns setof baton_journal.leases language plpgsql volatile as $function$
declare
  v_clock bigint;
  v_lease baton_journal.leases;
  v_next bigint;
begin
  perform pg_advisory_xact_lock(${writerLock});
  v_clock := baton_journal.clock();
  select coalesce(max(epoch), 0) + 1 into v_next from baton_journal.leases;
  select * into v_lease from baton_journal.leases where name = p_name;
  if not found then
    return query insert into baton_journal.leases (name, owner, epoch, expires_at, since)
      values (p_name, p_owner, v_next, v_clock + p_ttl, v_clock) returning *;
  elsif v_lease.owner = p_owner or v_lease.expires_at <= v_clock then
    return query update baton_journal.leases l set owner = p_owner, expires_at = v_clock + p_ttl,
      epoch = case when l.owner = p_owner then l.epoch else v_next end,
      since = case when l.owner = p_owner then l.since else v_clock end where l.name = p_name returning l.*;
  else
    raise exception 'the lease is held' using errcode = 'BJ003', detail =
      json_build_object('lease', p_name, 'owner', v_lease.owner, 'expiresAt', v_lease.expires_at)::text;
  end if;
end
$function$;
`;

/** The schema's history. A new one goes to the end; an old one never changes. */
export const schemaMigrations: readonly SchemaMigration[] = [
  { number: 1, name: "journal", sql: tables + append + leases },
  { number: 2, name: "audit", sql: audit },
  { number: 3, name: "lease-since", sql: leaseSince },
];
