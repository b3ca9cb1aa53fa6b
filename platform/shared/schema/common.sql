-- What the platform's own database and every tenant's have alike. Safe to repeat.
-- Answers to requests that carried an Idempotency-Key; they hold ids and versions, never a prompt's text.
create table if not exists idempotency (
  key text primary key,
  subject text not null,
  request_digest text not null,
  status int not null,
  response jsonb not null,
  created_at timestamptz not null default now()
);

-- Events that wait to be published; the payload names what changed, never a prompt's text.
create table if not exists outbox (
  id bigint generated always as identity primary key,
  subject text not null,
  envelope jsonb not null,
  created_at timestamptz not null default now()
);
