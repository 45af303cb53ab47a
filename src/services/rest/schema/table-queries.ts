/**
 * Whole sets are joined, not looked up one by one: a database may have thousands of columns. Asks for nothing by its name: whoever
 * reads the catalogue may lack the right to use the schemas.
 */
export const tablesQuery = {
  tables: `
    with relations as (
      select c.oid, n.nspname, c.relname, c.relkind, c.relispartition
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'v', 'm', 'f', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
        and (n.nspname = any($1::text[]) or c.oid in (
          select conrelid from pg_catalog.pg_constraint where contype = 'f'
          union select confrelid from pg_catalog.pg_constraint where contype = 'f')
          or c.relkind in ('r', 'p') and c.oid in (
            select d.refobjid from pg_catalog.pg_depend d
            where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass))
    ), attributes as materialized (
      select a.attrelid, a.attname, a.attnum, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity, a.attgenerated, a.atthasdef
      from relations r join pg_catalog.pg_attribute a on a.attrelid = r.oid
      where a.attnum > 0 and not a.attisdropped
    ), types as materialized (
      select used.atttypid, used.atttypmod, t.typtype, t.typnotnull, t.typbasetype, t.typdefaultbin,
        pg_catalog.format_type(used.atttypid, used.atttypmod) as type,
        case
          when t.typtype = 'd' and bn.nspname = 'pg_catalog' then pg_catalog.format_type(t.typbasetype, null)
          when t.typtype <> 'd' and tn.nspname = 'pg_catalog' then pg_catalog.format_type(used.atttypid, null)
          else pg_catalog.format_type(used.atttypid, used.atttypmod) end as shown,
        case
          when t.typname in ('varchar', 'bpchar') and used.atttypmod > 4 then used.atttypmod - 4
          when b.typname in ('varchar', 'bpchar') and t.typtypmod > 4 then t.typtypmod - 4 end as most,
        coalesce((select json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e
          where e.enumtypid = case when t.typtype = 'd' then t.typbasetype else t.oid end), '[]') as labels
      from (select distinct atttypid, atttypmod from attributes) used
      join pg_catalog.pg_type t on t.oid = used.atttypid
      join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
      left join pg_catalog.pg_type b on b.oid = t.typbasetype and t.typtype = 'd'
      left join pg_catalog.pg_namespace bn on bn.oid = b.typnamespace
    ), comments as materialized (
      select objoid, objsubid, description from pg_catalog.pg_description where classoid = 'pg_catalog.pg_class'::regclass
    ), keys as materialized (
      select pk.conrelid, json_agg(a.attname order by a.attnum) as names
      from pg_catalog.pg_constraint pk join pg_catalog.pg_attribute a on a.attrelid = pk.conrelid and a.attnum = any(pk.conkey)
      where pk.contype = 'p' group by pk.conrelid
    ), columns as materialized (
      select a.attrelid, json_agg(json_build_array(
        a.attname, a.attnum, t.type, t.shown, not (a.attnotnull or t.typtype = 'd' and t.typnotnull),
        case
          when t.typbasetype <> 0 and not a.atthasdef then pg_catalog.pg_get_expr(t.typdefaultbin, 0)
          when a.attidentity = 'd' then format('nextval(%L)', (
            select s.objid::regclass from pg_catalog.pg_depend s
            where s.refclassid = 'pg_catalog.pg_class'::regclass and s.refobjid = a.attrelid and s.refobjsubid = a.attnum
              and s.classid = 'pg_catalog.pg_class'::regclass and s.deptype = 'i'))
          when a.attgenerated = 's' or not a.atthasdef then null
          else (select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum) end,
        t.most, o.description, t.labels) order by a.attnum) as list
      from attributes a
      join types t on t.atttypid = a.atttypid and t.atttypmod = a.atttypmod
      left join comments o on o.objoid = a.attrelid and o.objsubid = a.attnum
      group by a.attrelid
    )
    select json_build_array(
      r.oid::int8, r.nspname, r.relname, r.relkind in ('v', 'm'), r.relispartition, o.description,
      case when r.relkind in ('r', 'p') then 28 when r.relkind in ('v', 'f') then pg_catalog.pg_relation_is_updatable(r.oid, true) else 0 end,
      coalesce(k.names, '[]'), coalesce(c.list, '[]'))
    from relations r
    left join columns c on c.attrelid = r.oid
    left join keys k on k.conrelid = r.oid
    left join comments o on o.objoid = r.oid and o.objsubid = 0`,

  keys: `
    select json_build_array(
      con.conname, con.conrelid::int8, con.confrelid::int8, to_json(con.conkey), to_json(con.confkey),
      exists (select from pg_catalog.pg_constraint u
        where u.conrelid = con.conrelid and u.contype in ('p', 'u') and u.conkey <@ con.conkey and u.conkey @> con.conkey))
    from pg_catalog.pg_constraint con
    where con.contype = 'f' and con.conparentid = 0
    order by con.conrelid, con.conname`,

  views: `
    select json_build_array(c.oid::int8, r.ev_action::text)
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
    where c.relkind in ('v', 'm') and n.nspname = any($1::text[] || $2::text[])
      and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`,

  representations: `
    select json_build_object(
      'source', pg_catalog.format_type(k.castsource, null), 'target', pg_catalog.format_type(k.casttarget, null),
      'function', k.castfunc::regproc::text)
    from pg_catalog.pg_cast k
    join pg_catalog.pg_type s on s.oid = k.castsource
    join pg_catalog.pg_type t on t.oid = k.casttarget
    where k.castcontext = 'i' and k.castmethod = 'f' and pg_catalog.has_function_privilege(k.castfunc, 'execute')
      and (s.typtype = 'd' and k.casttarget in ('json'::regtype, 'text'::regtype)
        or t.typtype = 'd' and k.castsource in ('json'::regtype, 'text'::regtype))`,
} as const
