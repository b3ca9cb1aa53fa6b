-- The platform's own database, beside what common.sql makes. Every service applies it when it starts; safe to repeat, and by two at once (the caller
-- holds an advisory lock).
create table if not exists tenants (
  id text primary key,
  ring text not null,
  database text not null unique,
  state text not null check (state in ('provisioning', 'ready')),
  created_at timestamptz not null default now()
);

-- Defaults that hold for every tenant which does not override them.
create table if not exists platform_settings (
  name text primary key,
  value jsonb not null,
  changed_at timestamptz not null default now()
);

-- Keys with which the identity provider signs, so that tokens outlive a restart.
create table if not exists identity_keys (
  kid text primary key,
  private_jwk jsonb not null,
  created_at timestamptz not null default now()
);

-- Where each version of a service listens, and which versions answer each tenant.
create table if not exists gateway_upstreams (
  service text not null,
  version text not null,
  url text not null,
  changed_at timestamptz not null default now(),
  primary key (service, version)
);

create table if not exists gateway_routes (
  service text not null,
  tenant text not null,
  weights jsonb not null,
  revision bigint not null,
  changed_at timestamptz not null default now(),
  primary key (service, tenant)
);
