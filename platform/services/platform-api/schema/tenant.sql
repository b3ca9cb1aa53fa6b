-- One tenant's database as R1 knows it, beside what common.sql makes. Applied by provisioning, safe to repeat.
create table if not exists bundles (
  id uuid primary key,
  name text not null unique,
  created_by text not null,
  created_at timestamptz not null default now()
);

create table if not exists prompts (
  id uuid primary key,
  bundle_id uuid not null references bundles (id),
  name text not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  unique (bundle_id, name)
);

-- The newest version of a prompt may be amended in place; older ones never change.
create table if not exists prompt_versions (
  prompt_id uuid not null references prompts (id),
  version int not null check (version > 0),
  body text,
  created_by text not null,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  primary key (prompt_id, version)
);

-- This tenant's overrides of the platform's defaults.
create table if not exists settings (
  name text primary key,
  value jsonb not null,
  changed_at timestamptz not null default now()
);
