/** Each gives one row with one JSON document. They run with an empty search path, so that types are written with their schemas. */
export const catalogueQueries = {
  tables: `
    select json_agg(json_build_object(
      'schema', n.nspname, 'name', c.relname, 'oid', c.oid::int8, 'isView', c.relkind in ('v', 'm'),
      'description', pg_catalog.obj_description(c.oid, 'pg_class'),
      'insertable', c.relkind in ('r', 'p') or (c.relkind in ('v', 'f') and pg_catalog.pg_relation_is_updatable(c.oid, true) & 8 = 8),
      'updatable', c.relkind in ('r', 'p') or (c.relkind in ('v', 'f') and pg_catalog.pg_relation_is_updatable(c.oid, true) & 4 = 4),
      'deletable', c.relkind in ('r', 'p') or (c.relkind in ('v', 'f') and pg_catalog.pg_relation_is_updatable(c.oid, true) & 16 = 16),
      'columns', coalesce(k.columns, '[]'),
      'primaryKey', coalesce((
        select json_agg(a.attname order by p.position)
        from pg_catalog.pg_index i, unnest(i.indkey) with ordinality p(attnum, position), pg_catalog.pg_attribute a
        where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = p.attnum and p.position <= i.indnkeyatts), '[]')))
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral (
      select json_agg(json_build_object(
        'name', a.attname, 'number', a.attnum,
        'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'nullable', not a.attnotnull,
        'default', case when a.attidentity <> '' then format('nextval(%L)', pg_catalog.pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname))
          when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
        'maxLength', case when t.typname in ('varchar', 'bpchar') and a.atttypmod > 4 then a.atttypmod - 4 end,
        'description', pg_catalog.col_description(c.oid, a.attnum),
        'values', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = a.atttypid)
      ) order by a.attnum) as columns
      from pg_catalog.pg_attribute a
      join pg_catalog.pg_type t on t.oid = a.atttypid
      left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) k
    where c.relkind in ('r', 'v', 'm', 'f', 'p') and (n.nspname = any($1::text[]) or c.oid in (
      select conrelid from pg_catalog.pg_constraint where contype = 'f'))`,

  keys: `
    select json_agg(json_build_object(
      'name', con.conname, 'from', con.conrelid::int8, 'to', con.confrelid::int8,
      'pairs', (select json_agg(json_build_array(f.attname, t.attname) order by k.position)
        from unnest(con.conkey, con.confkey) with ordinality k(f, t, position)
        join pg_catalog.pg_attribute f on f.attrelid = con.conrelid and f.attnum = k.f
        join pg_catalog.pg_attribute t on t.attrelid = con.confrelid and t.attnum = k.t),
      'unique', exists (select from pg_catalog.pg_index i
        where i.indrelid = con.conrelid and i.indisunique and i.indpred is null and i.indexprs is null
          and (i.indkey::int2[])[0:i.indnkeyatts - 1] <@ con.conkey and (i.indkey::int2[])[0:i.indnkeyatts - 1] @> con.conkey)
    ) order by con.conname, con.oid)
    from pg_catalog.pg_constraint con
    where con.contype = 'f' and con.conparentid = 0`,

  views: `
    select json_agg(json_build_object('oid', c.oid::int8, 'rule', r.ev_action::text))
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
    where c.relkind in ('v', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
      and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`,

  functions: `
    select json_agg(json_build_object(
      'schema', n.nspname, 'name', p.proname, 'description', pg_catalog.obj_description(p.oid, 'pg_proc'),
      'set', p.proretset, 'rows', p.prorows, 'volatility', p.provolatile,
      'kind', case
        when rt.typtype = 'c' or b.typtype = 'c' or rt.oid = 'record'::regtype or coalesce(p.proargmodes::text[] && '{t,b,o}', false) then 'composite'
        when rt.oid = 'void'::regtype then 'void' else 'scalar' end,
      'type', json_build_object('schema', tn.nspname, 'name', rt.typname),
      'isBytes', 'bytea'::regtype in (rt.oid, rt.typbasetype),
      'table', case when coalesce(nullif(rt.typrelid, 0), b.typrelid) <> 0 then coalesce(nullif(rt.typrelid, 0), b.typrelid)::int8 end,
      'argument', case when p.pronargs = 1 then (select a.typrelid::int8 from pg_catalog.pg_type a where a.oid = p.proargtypes[0] and a.typrelid <> 0) end,
      'parameters', coalesce((
        select json_agg(json_build_object(
          'name', coalesce(p.proargnames[x.position], ''), 'type', pg_catalog.format_type(x.type, null),
          'required', x.number <= p.pronargs - p.pronargdefaults, 'variadic', coalesce(p.proargmodes[x.position], 'i') = 'v') order by x.position)
        from (
          select type, position, row_number() over (order by position) as number
          from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality u(type, position)
          where coalesce(p.proargmodes[position], 'i') in ('i', 'b', 'v')) x), '[]')
    ) order by p.oid)
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_type rt on rt.oid = p.prorettype
    join pg_catalog.pg_namespace tn on tn.oid = rt.typnamespace
    left join pg_catalog.pg_type b on b.oid = rt.typbasetype
    where n.nspname = any($1::text[]) and p.prokind = 'f' and rt.typname not in ('trigger', 'event_trigger')`,

  descriptions: `
    select json_object_agg(nspname, pg_catalog.obj_description(oid, 'pg_namespace'))
    from pg_catalog.pg_namespace where nspname = any($1::text[]) and pg_catalog.obj_description(oid, 'pg_namespace') is not null`,
} as const
