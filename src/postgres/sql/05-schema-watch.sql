-- The REST service keeps a cache of the schema. It is told when the schema changes, and a counter tells a service that slept whether
-- what it remembers is still so. A sequence, because it never blocks and is never taken back: counting once too often does no harm.
create sequence extensions.pgrst_schema_version;
grant select on extensions.pgrst_schema_version to public;
grant usage on schema extensions to authenticator;

create function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql security definer set search_path = '' as $$
declare
  command record;
begin
  -- A lease cannot change the schema; what it tries all the same is not counted.
  if session_user like 'hangar\_lease\_%' then return; end if;
  perform nextval('extensions.pgrst_schema_version');
  for command in select * from pg_catalog.pg_event_trigger_ddl_commands() loop
    if command.command_tag in (
      'CREATE SCHEMA', 'ALTER SCHEMA',
      'CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE',
      'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE',
      'CREATE VIEW', 'ALTER VIEW', 'CREATE MATERIALIZED VIEW', 'ALTER MATERIALIZED VIEW',
      'CREATE FUNCTION', 'ALTER FUNCTION', 'CREATE TRIGGER', 'CREATE TYPE', 'ALTER TYPE', 'CREATE RULE', 'COMMENT'
    ) and command.schema_name is distinct from 'pg_temp' then
      notify pgrst, 'reload schema';
    end if;
  end loop;
end
$$;

create function extensions.pgrst_drop_watch() returns event_trigger language plpgsql security definer set search_path = '' as $$
declare
  dropped record;
begin
  perform nextval('extensions.pgrst_schema_version');
  for dropped in select * from pg_catalog.pg_event_trigger_dropped_objects() loop
    if dropped.object_type in (
      'schema', 'table', 'foreign table', 'view', 'materialized view', 'function', 'trigger', 'type', 'rule'
    ) and not dropped.is_temporary then
      notify pgrst, 'reload schema';
    end if;
  end loop;
end
$$;

create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_drop_watch();
