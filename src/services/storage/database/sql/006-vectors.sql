-- What vector indexes hold. The embedding is its numbers as 32-bit floats, little end first; it does not compress.
create table storage.vectors (
  index_id text not null references storage.vector_indexes (id) on delete cascade,
  key text collate "C" not null,
  embedding bytea not null,
  metadata jsonb not null default '{}',
  primary key (index_id, key)
);
alter table storage.vectors alter column embedding set storage external;
alter table storage.vectors enable row level security;
revoke all on storage.vectors from public, anon, authenticated, service_role, postgres;
