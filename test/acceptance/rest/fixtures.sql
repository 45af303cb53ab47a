-- What the cases ask about. Load it into an empty database as a superuser; roles anon, authenticated and authenticator must be there.
create schema api;
create schema other;
create schema hidden;
create extension if not exists pgcrypto schema hidden;
grant usage on schema api, other to anon, authenticated;
alter default privileges in schema api, other grant all on tables to anon, authenticated;
alter default privileges in schema api, other grant usage on sequences to anon, authenticated;
set search_path = api, pg_catalog;

create table clients (id int primary key, name text not null, meta jsonb);
create table projects (id int primary key, name text not null, client_id int references clients (id), budget numeric, tags text[], period daterange, doc tsvector);
create table tasks (id int primary key, name text not null, project_id int references projects (id), done boolean default false);
create table users (id int primary key, name text not null);
create table users_tasks (user_id int references users (id), task_id int references tasks (id), primary key (user_id, task_id));
create table badges (user_id int primary key references users (id), label text);
create table staff (id int primary key, name text, boss_id int constraint staff_boss references staff (id));
create table places (id int primary key, label text);
create table trips (id int primary key, from_id int constraint trip_from references places (id), to_id int constraint trip_to references places (id));
create table compound (a int, b text, value text, primary key (a, b));
create table autos (id serial primary key, name text default 'unnamed', made timestamptz not null default '2020-01-01 00:00:00+00', total int generated always as (7) stored);
create table no_key (a int, b text);
create table only_reads (id int primary key);
revoke all on only_reads from anon, authenticated;
grant select on only_reads to anon;
create table secrets (id int primary key, word text);
revoke all on secrets from anon, authenticated;
create table "Ünï çode" ("ключ" int primary key, "two words" text, "a,b" text);
create table lines (n int primary key, even boolean);
create table parted (id int primary key, region text) partition by range (id);
create table parted_low partition of parted for values from (0) to (100);
create table nullable (id int primary key, a text, b int);
create type pair as (x int, y text);
create table composites (id int primary key, p pair, list int[], data json);
create materialized view task_counts as select p.id as project_id, 0::bigint as n from projects p;

create view projects_view as select * from projects;
create view deep_view as select v.id as pid, v.client_id as cid, upper(v.name) as loud from (select * from projects_view) v;
create view client_names as select id, name from clients;
create view counted as select c.id, (select count(*) from projects p where p.client_id = c.id) as n from clients c;
comment on view counted is 'Counts
How many projects each client has.';
comment on table clients is 'All clients';
comment on column clients.name is 'What they are called';
comment on schema api is 'The API
Of many things.';

create function computed_tasks(projects) returns setof tasks language sql stable as 'select * from api.tasks where project_id = $1.id';
create function lead(projects) returns setof users rows 1 language sql stable as 'select * from api.users where id = $1.id';
create function label(projects) returns text language sql stable as $$ select $1.id || ':' || $1.name $$;

create domain color as int check (value between 0 and 16777215);
create function color_to_json(color) returns json language sql immutable as $$ select to_json('#' || lpad(to_hex($1), 6, '0')) $$;
create function color(json) returns color language sql immutable as $$ select api.color($1 #>> '{}') $$;
create function color(text) returns color language sql immutable as $$ select (('x' || lpad(ltrim($1, '#'), 8, '0'))::bit(32)::int)::api.color $$;
create cast (color as json) with function color_to_json(color) as implicit;
create cast (json as color) with function color(json) as implicit;
create cast (text as color) with function color(text) as implicit;
create table paints (id int primary key, tone color, name text);

create domain "text/html" as text;
create domain "text/tab-separated-values" as text;
create domain "application/vnd.twkb" as bytea;
create domain "*/*" as bytea;
create function page() returns "text/html" language sql as $$ select '<p>hi</p>'::api."text/html" $$;
create function anything() returns "*/*" language sql as $$ select 'raw'::bytea::api."*/*" $$;
create function tsv_step(text, api.lines) returns "text/tab-separated-values" language sql as $$ select ($1 || $2.n || E'\t' || $2.even || E'\n')::api."text/tab-separated-values" $$;
create aggregate lines_tsv(api.lines) (sfunc = tsv_step, stype = "text/tab-separated-values", initcond = E'n\teven\n');
create function twkb_step(bytea, anyelement) returns "application/vnd.twkb" language sql as $$ select ($1 || '\x01'::bytea)::api."application/vnd.twkb" $$;
create aggregate any_twkb(anyelement) (sfunc = twkb_step, stype = "application/vnd.twkb", initcond = '\x00');

create function add(a int, b int default 1) returns int language sql immutable as 'select a + b';
create function overloaded(a int) returns text language sql immutable as $$ select 'one' $$;
create function overloaded(a int, b text) returns text language sql immutable as $$ select 'two' $$;
create function clash(a int) returns int language sql as 'select 1';
create function clash(a text) returns int language sql as 'select 2';
create function many(variadic v text[] default '{}') returns text[] language sql immutable as 'select v';
create function evens() returns setof int language sql stable as 'select n from api.lines where even order by n';
create function all_projects() returns setof projects language sql stable as 'select * from api.projects';
create function one_project(id int) returns projects language sql stable as 'select * from api.projects p where p.id = one_project.id';
create function table_of() returns table (n int, square int) language sql stable as 'select g, g * g from generate_series(1, 3) g';
create function nothing() returns void language sql as '';
create function nulled() returns text language sql as 'select null::text';
create function whole(json) returns json language sql immutable as 'select $1';
create function whole_text(text) returns text language sql immutable as 'select upper($1)';
create function whole_bytes(bytea) returns int language sql immutable as 'select length($1)';
create function single(params json) returns json language sql immutable as 'select params';
create function changes(word text) returns void language sql volatile as 'insert into api.no_key values (1, word)';
create function claims() returns json language sql stable as $$ select current_setting('request.jwt.claims', true)::json $$;
create function setting(name text) returns text language sql stable as $$ select current_setting(name, true) $$;
create function header(name text) returns text language sql stable as $$ select current_setting('request.headers', true)::json ->> name $$;
create function teapot() returns text language plpgsql as $$ begin
  perform set_config('response.status', '418', true);
  perform set_config('response.headers', '[{"X-Pot": "tea"}, {"Set-Cookie": "a=1"}, {"Set-Cookie": "b=2"}]', true); return 'short'; end $$;
create function bad_headers() returns int language plpgsql as $$ begin perform set_config('response.headers', '{"a": 1}', true); return 1; end $$;
create function bad_status() returns int language plpgsql as $$ begin perform set_config('response.status', 'x', true); return 1; end $$;
create function raise_pt() returns int language plpgsql as $$ begin raise sqlstate 'PT402' using message = 'Pay', detail = 'Now', hint = 'Cash'; end $$;
create function raise_own() returns int language plpgsql as $$ begin
  raise sqlstate 'PGRST' using message = '{"code":"123","message":"own","details":"more","hint":"try"}', detail = '{"status":332,"status_text":"Own","headers":{"X-Own":"yes"}}'; end $$;
create function raise_bad() returns int language plpgsql as $$ begin raise sqlstate 'PGRST' using message = 'x', detail = '{}'; end $$;
create function raise_plain() returns int language plpgsql as $$ begin raise exception 'plain' using hint = 'h', detail = 'd'; end $$;
create function slow() returns void language sql set statement_timeout = '50ms' as 'select pg_sleep(5)';
create function iso() returns text language sql set default_transaction_isolation = 'serializable' as $$ select current_setting('transaction_isolation') $$;

create table other.things (id int primary key, name text);
create table hidden.inner_table (id int primary key, client_id int references api.clients (id));

insert into clients values (1, 'Acme', '{"a": {"b": [1, 2]}, "t": "x"}'), (2, 'Beta', '{"a": {"b": [3]}, "t": null}');
insert into projects values
  (1, 'Rocket', 1, 100, '{x,y}', '[2020-01-01,2020-02-01)', 'fast:1 rocket:2'),
  (2, 'Trap', 1, 50.5, '{y}', '[2020-03-01,2020-04-01)', 'big:1 trap:2'),
  (3, 'Boat', 2, 10, '{}', null, 'slow:1 boat:2'),
  (4, 'Free', null, null, null, null, null);
insert into tasks values (1, 'draw', 1, true), (2, 'build', 1, false), (3, 'hide', 2, false), (4, 'float', 3, null);
insert into users values (1, 'Ann'), (2, 'Ben'), (3, 'Cem');
insert into users_tasks values (1, 1), (1, 2), (2, 1);
insert into badges values (1, 'gold');
insert into staff values (1, 'Top', null), (2, 'Mid', 1), (3, 'Low', 2);
insert into places values (1, 'here'), (2, 'there');
insert into trips values (1, 1, 2);
insert into compound values (1, 'x', 'v');
insert into no_key values (1, 'first'), (2, 'second'), (3, 'third');
insert into only_reads values (1);
insert into "Ünï çode" values (1, 'deux', 'c');
insert into lines select n, n % 2 = 0 from generate_series(1, 20) n;
insert into parted values (1, 'low');
insert into nullable values (1, 'a', null), (2, null, 2);
insert into composites values (1, (1, 'one'), '{1,2,3}', '{"k": [{"d": 5}]}');
insert into paints values (1, 255, 'blue'), (2, 16711680, 'red');
insert into other.things values (1, 'else');
refresh materialized view task_counts;
grant select on task_counts to anon, authenticated;
