const withBaseTypes = `
  with recursive steps as (
    select oid, typbasetype, coalesce(nullif(typbasetype, 0), oid) as base from pg_catalog.pg_type
    where oid in (select p.prorettype from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where n.nspname = any($1::text[]))
    union
    select s.oid, b.typbasetype, coalesce(nullif(b.typbasetype, 0), b.oid) from steps s join pg_catalog.pg_type b on b.oid = s.typbasetype
  ), bases as (select oid, base from steps where typbasetype = 0)`

/** Only one parameter may have no name, and only of a type that a body can be. */
const callable = `
  (p.proargnames is not null or p.pronargs = 0
    or p.pronargs = 1 and p.proargtypes[0] in ('bytea'::regtype, 'json'::regtype, 'jsonb'::regtype, 'text'::regtype, 'xml'::regtype))`

const mediaTypes = `
  select t.oid, lower(t.typname) as name, t.typname as own_name, b.typname = 'bytea' as is_bytes, t.typnamespace,
    case t.typname when '*/*' then 'application/octet-stream' else t.typname end as content_type
  from pg_catalog.pg_type t join pg_catalog.pg_type b on b.oid = t.typbasetype
  where t.typname ~* '^[A-Za-z0-9.-]+/[A-Za-z0-9.\\+-]+$' or t.typname = '*/*'`

export const functionsQuery = {
  functions: `${withBaseTypes}
    select json_build_object(
      'schema', n.nspname, 'name', p.proname, 'description', pg_catalog.obj_description(p.oid, 'pg_proc'),
      'set', p.proretset, 'volatility', p.provolatile,
      'composite', t.typtype = 'c' or coalesce(p.proargmodes::text[] && '{t,b,o}', false),
      'returned', json_build_object('schema', tn.nspname, 'name', coalesce(c.relname, t.typname)),
      'isolation', (select lower(substr(s, strpos(s, '=') + 1)) from unnest(p.proconfig) s where s like 'default_transaction_isolation=%'),
      'settings', coalesce((select json_agg(json_build_array(substr(s, 1, strpos(s, '=') - 1), substr(s, strpos(s, '=') + 1)))
        from unnest(p.proconfig) s where s not like 'default_transaction_isolation=%'), '[]'),
      'parameters', coalesce((
        select json_agg(json_build_object(
          'name', coalesce(p.proargnames[x.position], ''), 'type', pg_catalog.format_type(x.type, null),
          'wideType', case x.type when 'bit'::regtype then 'bit varying' when 'bit[]'::regtype then 'bit varying[]'
            when 'character'::regtype then 'character varying' when 'character[]'::regtype then 'character varying[]'
            else pg_catalog.format_type(x.type, null) end,
          'required', x.number <= p.pronargs - p.pronargdefaults, 'variadic', coalesce(p.proargmodes[x.position], 'i') = 'v') order by x.position)
        from (
          select type, position, row_number() over (order by position) as number
          from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality u(type, position)
          where coalesce(p.proargmodes[position], 'i') in ('i', 'b', 'v')) x), '[]'))
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join bases on bases.oid = p.prorettype
    join pg_catalog.pg_type t on t.oid = bases.base
    join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
    left join pg_catalog.pg_class c on c.oid = t.typrelid
    where n.nspname = any($1::text[]) and p.prokind = 'f' and t.typname <> 'trigger' and ${callable}
    order by p.oid`,

  computed: `
    with rows as (select reltype from pg_catalog.pg_class where relkind in ('v', 'r', 'm', 'f', 'p'))
    select json_build_object(
      'function', json_build_object('schema', n.nspname, 'name', p.proname),
      'from', json_build_object('schema', an.nspname, 'name', a.typname),
      'to', json_build_object('schema', rn.nspname, 'name', r.typname),
      'single', not p.proretset or p.prorows = 1)
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_type a on a.oid = p.proargtypes[0]
    join pg_catalog.pg_namespace an on an.oid = a.typnamespace
    join pg_catalog.pg_type r on r.oid = p.prorettype
    join pg_catalog.pg_namespace rn on rn.oid = r.typnamespace
    where p.pronargs = 1 and p.proargtypes[0] in (select reltype from rows) and p.prorettype in (select reltype from rows)`,

  handlers: `
    with media as (${mediaTypes})
    select json_build_object(
      'function', json_build_object('schema', function_schema, 'name', function_name),
      'target', json_build_object('schema', target_schema, 'name', target_name),
      'mediaType', media_type, 'contentType', content_type, 'isBytes', is_bytes)
    from (
      select n.nspname as function_schema, p.proname as function_name, an.nspname as target_schema, a.typname as target_name,
        m.name as media_type, m.content_type, m.is_bytes
      from media m
      join pg_catalog.pg_proc p on p.prorettype = m.oid and p.prokind = 'a' and p.pronargs = 1
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      join pg_catalog.pg_type a on a.oid = p.proargtypes[0]
      join pg_catalog.pg_namespace an on an.oid = a.typnamespace
      where n.nspname = any($1::text[]) and (a.typname = 'anyelement'
        or a.oid in (select reltype from pg_catalog.pg_class where relkind in ('v', 'r', 'm', 'f', 'p')))
      union all
      select tn.nspname, m.own_name, n.nspname, p.proname, m.name, m.content_type, m.is_bytes
      from media m
      join pg_catalog.pg_namespace tn on tn.oid = m.typnamespace
      join pg_catalog.pg_proc p on p.prorettype = m.oid and p.prokind = 'f' and not p.proretset
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where n.nspname = any($1::text[])
    ) all_handlers`,
} as const
