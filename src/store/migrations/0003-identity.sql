-- Agents and what they prove themselves with. Secrets and tokens are there as hashes, the desk's own key sealed.
create table agents (id text primary key, data text not null) without rowid;
create table static_tokens (id text primary key, agent_id text not null, data text not null) without rowid;
create table admissions (id text primary key, data text not null) without rowid;
-- Client assertions that were used, until they would be refused for their age anyway.
create table used_assertions (
  agent_id text not null, jti text not null, expires_at integer not null,
  primary key (agent_id, jti)
) without rowid;
create index used_assertions_expiry on used_assertions (expires_at);
create table signing_keys (name text primary key, sealed blob not null) without rowid;
