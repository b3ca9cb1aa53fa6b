-- One tenant's database as R1 knows it. Applied by provisioning, safe to repeat.
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

-- Answers to requests that carried an Idempotency-Key; they hold ids and versions, never a prompt's text.
create table if not exists idempotency (
  key text primary key,
  subject text not null,
  request_digest text not null,
  status int not null,
  response jsonb not null,
  created_at timestamptz not null default now()
);

-- This tenant's overrides of the platform's defaults.
create table if not exists settings (
  name text primary key,
  value jsonb not null,
  changed_at timestamptz not null default now()
);

-- Events that wait to be published; the payload names what changed, never a prompt's text.
create table if not exists outbox (
  id bigint generated always as identity primary key,
  subject text not null,
  envelope jsonb not null,
  created_at timestamptz not null default now()
);
