-- One row per thing, the thing itself as JSON: the engine and the silos read everything once at their start and keep it in memory,
-- so the columns are those that rows are deleted and found by.
create table apps (name text primary key, data text not null) without rowid;
create table machines (id text primary key, app text not null, data text not null) without rowid;
create table machine_events (
  machine_id text not null, id text not null, at integer not null, data text not null,
  primary key (machine_id, id)
) without rowid;
create table machine_versions (
  machine_id text not null, instance_id text not null, data text not null,
  primary key (machine_id, instance_id)
) without rowid;
create table volumes (id text primary key, app text not null, data text not null) without rowid;
create table volume_snapshots (id text primary key, volume_id text not null, data text not null) without rowid;
create index volume_snapshots_volume on volume_snapshots (volume_id);
create table app_secrets (
  app text not null, name text not null, sealed blob not null, data text not null,
  primary key (app, name)
) without rowid;
create table ips (app text not null, ip text not null, data text not null, primary key (app, ip)) without rowid;
create table ports (key text primary key, port integer not null unique) without rowid;
create table silos (id text primary key, data text not null) without rowid;
create table silo_secrets (id text primary key, sealed blob not null) without rowid;
-- What happened once and is not to happen again by itself.
create table facts (name text primary key) without rowid;
