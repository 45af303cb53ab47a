/** Asks for nothing by its name: whoever reads the catalogue may lack the right to use the schemas. */
export const tablesQuery = {
  tables: `
    select json_agg(json_build_object(
      'schema', n.nspname, 'name', c.relname, 'oid', c.oid::int8, 'isView', c.relkind in ('v', 'm'), 'isPartition', c.relispartition,
      'description', pg_catalog.obj_description(c.oid, 'pg_class'),
      'insertable', c.relkind in ('r', 'p') or (c.relkind in ('v', 'f') and pg_catalog.pg_relation_is_updatable(c.oid, true) & 8 = 8),
      'updatable', c.relkind in ('r', 'p') or (c.relkind in ('v', 'f') and pg_catalog.pg_relation_is_updatable(c.oid, true) & 4 = 4),
      'deletable', c.relkind in ('r', 'p') or (c.relkind in ('v', 'f') and pg_catalog.pg_relation_is_updatable(c.oid, true) & 16 = 16),
      'columns', coalesce(k.columns, '[]'),
      'primaryKey', coalesce((
        select json_agg(a.attname order by a.attnum)
        from pg_catalog.pg_constraint pk join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any(pk.conkey)
        where pk.conrelid = c.oid and pk.contype = 'p'), '[]')))
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral (
      select json_agg(json_build_object(
        'name', a.attname, 'number', a.attnum,
        'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
        'shownType', case
          when t.typtype = 'd' and bn.nspname = 'pg_catalog' then pg_catalog.format_type(t.typbasetype, null)
          when t.typtype <> 'd' and tn.nspname = 'pg_catalog' then pg_catalog.format_type(a.atttypid, null)
          else pg_catalog.format_type(a.atttypid, a.atttypmod) end,
        'nullable', not (a.attnotnull or t.typtype = 'd' and t.typnotnull),
        'default', case
          when t.typbasetype <> 0 and d.adbin is null then pg_catalog.pg_get_expr(t.typdefaultbin, 0)
          when a.attidentity = 'd' then format('nextval(%L)', (
            select s.objid::regclass from pg_catalog.pg_depend s
            where s.refclassid = 'pg_catalog.pg_class'::regclass and s.refobjid = c.oid and s.refobjsubid = a.attnum
              and s.classid = 'pg_catalog.pg_class'::regclass and s.deptype = 'i'))
          when a.attgenerated = 's' then null
          else pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
        'maxLength', case
          when t.typname in ('varchar', 'bpchar') and a.atttypmod > 4 then a.atttypmod - 4
          when b.typname in ('varchar', 'bpchar') and t.typtypmod > 4 then t.typtypmod - 4 end,
        'description', pg_catalog.col_description(c.oid, a.attnum),
        'values', coalesce((select json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e
          where e.enumtypid = case when t.typtype = 'd' then t.typbasetype else t.oid end), '[]')
      ) order by a.attnum) as columns
      from pg_catalog.pg_attribute a
      join pg_catalog.pg_type t on t.oid = a.atttypid
      join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
      left join pg_catalog.pg_type b on b.oid = t.typbasetype and t.typtype = 'd'
      left join pg_catalog.pg_namespace bn on bn.oid = b.typnamespace
      left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) k
    where c.relkind in ('r', 'v', 'm', 'f', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
      and (n.nspname = any($1::text[]) or c.oid in (
        select conrelid from pg_catalog.pg_constraint where contype = 'f'
        union select confrelid from pg_catalog.pg_constraint where contype = 'f')
        or c.relkind in ('r', 'p') and c.oid in (
          select d.refobjid from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass))`,

  keys: `
    select json_agg(json_build_object(
      'name', con.conname, 'from', con.conrelid::int8, 'to', con.confrelid::int8,
      'pairs', (select json_agg(json_build_array(f.attname, t.attname) order by k.position)
        from unnest(con.conkey, con.confkey) with ordinality k(f, t, position)
        join pg_catalog.pg_attribute f on f.attrelid = con.conrelid and f.attnum = k.f
        join pg_catalog.pg_attribute t on t.attrelid = con.confrelid and t.attnum = k.t),
      'unique', exists (select from pg_catalog.pg_constraint u
        where u.conrelid = con.conrelid and u.contype in ('p', 'u') and u.conkey <@ con.conkey and u.conkey @> con.conkey)
    ) order by con.conrelid, con.conname)
    from pg_catalog.pg_constraint con
    where con.contype = 'f' and con.conparentid = 0`,

  views: `
    select json_agg(json_build_object('oid', c.oid::int8, 'rule', r.ev_action::text))
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
    where c.relkind in ('v', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
      and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`,

  representations: `
    select json_agg(json_build_object(
      'source', pg_catalog.format_type(k.castsource, null), 'target', pg_catalog.format_type(k.casttarget, null),
      'function', k.castfunc::regproc::text))
    from pg_catalog.pg_cast k
    join pg_catalog.pg_type s on s.oid = k.castsource
    join pg_catalog.pg_type t on t.oid = k.casttarget
    where k.castcontext = 'i' and k.castmethod = 'f' and pg_catalog.has_function_privilege(k.castfunc, 'execute')
      and (s.typtype = 'd' and k.casttarget in ('json'::regtype, 'text'::regtype)
        or t.typtype = 'd' and k.castsource in ('json'::regtype, 'text'::regtype))`,
} as const
