-- PostgreSQL gives PUBLIC more than reading: temporary tables, large objects, advisory locks, code blocks, every function that anybody made.
-- A lease must not have that, and nothing can be taken from one role that PUBLIC has. So while leases exist, what PUBLIC has beyond reading
-- is moved to every other role by name, and noted; when the last lease is gone it is moved back. Run as superuser; every statement can be repeated.
create schema if not exists hangar;
comment on schema hangar is 'Leases and row-level security modes; goes when neither is used.';

create table if not exists hangar.moved (
  kind text not null,
  object text not null,
  privilege text not null,
  roles text[] not null,
  primary key (kind, object, privilege)
);

-- Roles that keep what they had. Superusers need no grant.
create or replace function hangar.others() returns text[] language sql stable set search_path = pg_catalog as $$
  select coalesce(array_agg(rolname::text order by rolname), '{}') from pg_roles
  where not rolsuper and rolname !~ '^(pg_|hangar_lease)'
$$;

-- Volatile functions that change nothing, or check rights of their own (sequences).
create or replace function hangar.harmless() returns text[] language sql immutable set search_path = pg_catalog as $$
  select array[
    'random', 'random_normal', 'clock_timestamp', 'timeofday', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'setseed',
    'nextval', 'setval', 'currval', 'lastval', 'pg_sequence_last_value',
    'pg_database_size', 'pg_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size', 'pg_tablespace_size',
    'pg_is_in_recovery', 'txid_current_if_assigned', 'pg_current_xact_id_if_assigned', 'pg_lock_status', 'pg_blocking_pids',
    'pg_tablespace_location', 'pg_notification_queue_usage'
  ]
$$;

-- Everything that PUBLIC has and a lease must not.
create or replace function hangar.public_excess() returns table (kind text, object text, privilege text)
language sql stable set search_path = pg_catalog as $$
  with trusted(oid) as (
    -- Functions of extensions that only compute.
    select d.objid from pg_depend d join pg_extension e on e.oid = d.refobjid
    where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
      and e.extname = any(array['pgcrypto', 'uuid-ossp', 'pg_trgm', 'citext', 'hstore', 'ltree', 'intarray', 'unaccent', 'fuzzystrmatch',
        'cube', 'earthdistance', 'btree_gin', 'btree_gist', 'isn', 'seg', 'bloom', 'tsm_system_rows', 'tsm_system_time', 'tablefunc'])
  )
  select 'routine', p.oid::regprocedure::text, a.privilege_type
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
  where a.grantee = 0 and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and case
      when n.nspname in ('pg_catalog', 'information_schema') then p.provolatile = 'v' and p.proname <> all(hangar.harmless())
      when p.oid in (select oid from trusted) then false
      -- An aggregate runs its functions with its owner's right to call them.
      else p.prosecdef or p.provolatile = 'v' or p.prokind = 'a'
    end
  union all
  select case when c.relkind = 'S' then 'sequence' else 'table' end, format('%I.%I', n.nspname, c.relname), a.privilege_type
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral aclexplode(c.relacl) a
  where a.grantee = 0 and a.privilege_type <> 'SELECT' and c.relkind in ('r', 'v', 'm', 'p', 'f', 'S')
  union all
  select 'table', format('%I.%I', n.nspname, c.relname), format('%s (%I)', a.privilege_type, t.attname)
  from pg_attribute t
  join pg_class c on c.oid = t.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral aclexplode(t.attacl) a
  where a.grantee = 0 and a.privilege_type <> 'SELECT' and t.attnum > 0 and not t.attisdropped
  union all
  select 'schema', format('%I', n.nspname), a.privilege_type
  from pg_namespace n cross join lateral aclexplode(n.nspacl) a
  where a.grantee = 0 and a.privilege_type = 'CREATE'
  union all
  select 'database', format('%I', d.datname), a.privilege_type
  from pg_database d cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
  where a.grantee = 0 and case when d.datname = current_database() then a.privilege_type <> 'CONNECT' else true end
  union all
  select 'language', format('%I', l.lanname), a.privilege_type
  from pg_language l cross join lateral aclexplode(coalesce(l.lanacl, acldefault('l', l.lanowner))) a
  where a.grantee = 0 and l.lanpltrusted
  union all
  select 'foreign server', format('%I', s.srvname), a.privilege_type
  from pg_foreign_server s cross join lateral aclexplode(s.srvacl) a
  where a.grantee = 0
  union all
  select 'foreign data wrapper', format('%I', w.fdwname), a.privilege_type
  from pg_foreign_data_wrapper w cross join lateral aclexplode(w.fdwacl) a
  where a.grantee = 0
  union all
  select 'tablespace', format('%I', s.spcname), a.privilege_type
  from pg_tablespace s cross join lateral aclexplode(s.spcacl) a
  where a.grantee = 0
$$;

-- Session settings of the function, not of the caller: event triggers of the cluster need not look at this.
create or replace function hangar.close() returns void language plpgsql security definer
set search_path = pg_catalog set session_replication_role = 'replica' as $$
declare
  one record;
  others text[] := hangar.others();
  listed text := (select string_agg(format('%I', name), ', ') from unnest(others) name);
begin
  for one in select * from hangar.public_excess() loop
    execute format('revoke %s on %s %s from public', one.privilege, one.kind, one.object);
    execute format('grant %s on %s %s to %s', one.privilege, one.kind, one.object, listed);
    insert into hangar.moved values (one.kind, one.object, one.privilege, others)
    on conflict (kind, object, privilege) do update set roles = excluded.roles;
  end loop;
end
$$;

-- A role made since the move gets what PUBLIC would have given it.
create or replace function hangar.include_new_roles() returns void language plpgsql
set search_path = pg_catalog set session_replication_role = 'replica' as $$
declare
  one record;
begin
  for one in
    select m.*, (select string_agg(format('%I', name), ', ') from unnest(hangar.others()) name where name <> all(m.roles)) as missing
    from hangar.moved m
  loop
    continue when one.missing is null;
    begin
      execute format('grant %s on %s %s to %s', one.privilege, one.kind, one.object, one.missing);
    exception when undefined_function or undefined_table or undefined_object or invalid_schema_name or undefined_column or invalid_catalog_name then
      delete from hangar.moved m where (m.kind, m.object, m.privilege) = (one.kind, one.object, one.privilege);
    end;
  end loop;
  update hangar.moved set roles = hangar.others();
end
$$;

create or replace function hangar.reopen() returns void language plpgsql
set search_path = pg_catalog set session_replication_role = 'replica' as $$
declare
  one record;
begin
  for one in select m.*, (select string_agg(format('%I', name), ', ') from unnest(m.roles) name join pg_roles on rolname = name) as listed
    from hangar.moved m
  loop
    begin
      execute format('grant %s on %s %s to public', one.privilege, one.kind, one.object);
      if one.listed is not null then
        execute format('revoke %s on %s %s from %s', one.privilege, one.kind, one.object, one.listed);
      end if;
    exception when undefined_function or undefined_table or undefined_object or invalid_schema_name or undefined_column or invalid_catalog_name then
      null; -- dropped since
    end;
  end loop;
  delete from hangar.moved;
end
$$;

-- Leases may do with the tables and sequences of public what a signed-in user may, also with those made since; a reading one reads.
create or replace function hangar.share() returns void language plpgsql security definer
set search_path = pg_catalog set session_replication_role = 'replica' as $$
declare
  one record;
begin
  for one in
    with object as (
      select c.oid, format('%s %I.%I', case c.relkind when 'S' then 'sequence' else 'table' end, n.nspname, c.relname) as name, c.relkind, c.relacl
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'v', 'm', 'p', 'S')
    ), wish as (
      select o.name, r.role, p.privilege,
        case when o.relkind = 'S' then has_sequence_privilege('authenticated', o.oid, p.privilege)
          else has_table_privilege('authenticated', o.oid, p.privilege) end as wanted,
        exists (select from aclexplode(o.relacl) a where a.grantee = r.role::regrole and a.privilege_type = p.privilege) as given
      from object o
      cross join (values ('hangar_lease_ro'), ('hangar_lease_rw')) r(role)
      join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('USAGE')) p(privilege)
        on (p.privilege = 'SELECT' or r.role = 'hangar_lease_rw')
        and case o.relkind when 'S' then p.privilege in ('SELECT', 'USAGE') when 'm' then p.privilege = 'SELECT' else p.privilege <> 'USAGE' end
    )
    select * from wish where wanted <> given
  loop
    execute format(case when one.wanted then 'grant %s on %s to %I' else 'revoke %s on %s from %I' end, one.privilege, one.name, one.role);
  end loop;
end
$$;

create or replace function hangar.watch() returns event_trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform hangar.share();
  perform hangar.close();
exception when others then
  -- Rather no change than one that gives a lease what it must not have.
  raise exception 'this change could not be kept from the leases of this silo: %', sqlerrm
    using hint = 'End the leases first: hangar silo leases, hangar silo revoke.';
end
$$;

revoke all on all functions in schema hangar from public;

do $$
begin
  if not exists (select from pg_roles where rolname = 'hangar_lease_ro') then
    create role hangar_lease_ro nologin;
    create role hangar_lease_rw nologin;
  end if;
  if not exists (select from pg_event_trigger where evtname = 'hangar_lease_watch') then
    create event trigger hangar_lease_watch on ddl_command_end
      when tag in ('CREATE FUNCTION', 'ALTER FUNCTION', 'CREATE PROCEDURE', 'ALTER PROCEDURE', 'ALTER ROUTINE', 'CREATE AGGREGATE',
        'ALTER AGGREGATE', 'CREATE EXTENSION', 'ALTER EXTENSION', 'CREATE LANGUAGE', 'CREATE SERVER', 'CREATE FOREIGN DATA WRAPPER',
        'CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE', 'CREATE VIEW', 'CREATE MATERIALIZED VIEW', 'CREATE SEQUENCE',
        'CREATE SCHEMA', 'ALTER SEQUENCE', 'ALTER VIEW', 'ALTER MATERIALIZED VIEW', 'GRANT', 'REVOKE')
      execute function hangar.watch();
  end if;
end
$$;
do $$
begin
  grant usage on schema public to hangar_lease_ro, hangar_lease_rw;
  if exists (select from pg_namespace where nspname = 'extensions') then
    grant usage on schema extensions to hangar_lease_ro, hangar_lease_rw;
  end if;
end
$$;
select hangar.share();
select hangar.close();
select hangar.include_new_roles();
