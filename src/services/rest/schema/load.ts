import type { ClientBase } from 'pg'
import type { Relationship, Schema, SqlFunction, Table } from './cache.ts'

const tablesSql = `
  select n.nspname as schema, c.relname as name,
    (select json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod) order by a.attnum)
       from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    coalesce((select json_agg(a.attname order by k.ord)
       from pg_index i, unnest(i.indkey) with ordinality k(attnum, ord), pg_attribute a
       where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = k.attnum), '[]') as primary_key
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1) and c.relkind in ('r', 'v', 'm', 'f', 'p')`

const keysSql = `
  select con.conname as name, fn.nspname || '.' || f.relname as from, tn.nspname || '.' || t.relname as to,
    (select json_agg(json_build_array(fa.attname, ta.attname) order by k.ord)
       from unnest(con.conkey, con.confkey) with ordinality k(fnum, tnum, ord)
       join pg_attribute fa on fa.attrelid = con.conrelid and fa.attnum = k.fnum
       join pg_attribute ta on ta.attrelid = con.confrelid and ta.attnum = k.tnum) as pairs,
    exists (select 1 from pg_index i where i.indrelid = con.conrelid and i.indisunique and i.indpred is null
       and (i.indkey::int2[])[0:i.indnkeyatts - 1] <@ con.conkey) as unique,
    con.conkey <@ coalesce((select (i.indkey::int2[])[0:i.indnkeyatts - 1] from pg_index i
       where i.indrelid = con.conrelid and i.indisprimary), '{}') as in_primary_key
  from pg_constraint con
  join pg_class f on f.oid = con.conrelid join pg_namespace fn on fn.oid = f.relnamespace
  join pg_class t on t.oid = con.confrelid join pg_namespace tn on tn.oid = t.relnamespace
  where con.contype = 'f' and con.conparentid = 0`

const functionsSql = `
  select n.nspname as schema, p.proname as name, p.proretset as set, p.provolatile as volatility,
    case when rt.typtype = 'c' or rt.typname = 'record' then 'composite' when rt.typname = 'void' then 'void' else 'scalar' end as kind,
    case when rt.typrelid <> 0 then (select rn.nspname || '.' || rc.relname from pg_class rc join pg_namespace rn on rn.oid = rc.relnamespace where rc.oid = rt.typrelid) end as table,
    coalesce((select json_agg(json_build_object('name', coalesce(a.name, ''), 'type', format_type(a.type, null),
        'required', a.ord <= p.pronargs - p.pronargdefaults, 'variadic', coalesce(a.mode, 'i') = 'v') order by a.ord)
      from (select u.type, u.ord, p.proargnames[u.pos] as name, p.proargmodes[u.pos] as mode
            from (select type, pos, row_number() over (order by pos) as ord
                  from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality x(type, pos)
                  where coalesce(p.proargmodes[pos], 'i') in ('i', 'b', 'v')) u) a), '[]') as parameters
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_type rt on rt.oid = p.prorettype
  where n.nspname = any($1) and p.prokind = 'f' and rt.typname not in ('trigger', 'event_trigger')`

/** Reads tables, functions and foreign keys of the exposed schemas. */
export async function loadSchema(client: ClientBase, schemas: readonly string[]): Promise<Schema> {
  const tables = await client.query<{
    schema: string
    name: string
    columns: Record<string, string> | null
    primary_key: string[]
  }>(tablesSql, [schemas])
  const keys = await client.query<ForeignKey>(keysSql)
  const functions = await client.query<{
    schema: string
    name: string
    set: boolean
    volatility: 'i' | 's' | 'v'
    kind: 'scalar' | 'composite' | 'void'
    table: string | null
    parameters: SqlFunction['parameters']
  }>(functionsSql, [schemas])
  const byName = new Map<string, SqlFunction[]>()
  for (const { schema, name, set, kind, table, parameters, volatility } of functions.rows) {
    const list = byName.get(`${schema}.${name}`) ?? []
    list.push({ schema, name, parameters, volatility, returns: { set, kind, table } })
    byName.set(`${schema}.${name}`, list)
  }
  return {
    tables: new Map(
      tables.rows.map((row): [string, Table] => [
        `${row.schema}.${row.name}`,
        {
          schema: row.schema,
          name: row.name,
          primaryKey: row.primary_key,
          columns: new Map(Object.entries(row.columns ?? {})),
        },
      ]),
    ),
    functions: byName,
    relationships: relationshipsOf(keys.rows),
  }
}

interface ForeignKey {
  name: string
  from: string
  to: string
  pairs: [string, string][]
  unique: boolean
  in_primary_key: boolean
}

/** Each foreign key is a relationship in both directions; two keys of one table that are in its primary key join the tables they lead to. */
function relationshipsOf(keys: readonly ForeignKey[]): Map<string, Relationship[]> {
  const found = new Map<string, Relationship[]>()
  const add = (relationship: Relationship) => {
    const list = found.get(relationship.from) ?? []
    list.push(relationship)
    found.set(relationship.from, list)
  }
  const turned = (pairs: readonly (readonly [string, string])[]) => pairs.map(([a, b]) => [b, a] as const)
  for (const { name, from, to, pairs, unique } of keys) {
    add({ from, to, constraint: name, pairs, kind: unique ? 'one-to-one' : 'many-to-one' })
    add({
      from: to,
      to: from,
      constraint: name,
      pairs: turned(pairs),
      kind: unique ? 'one-to-one' : 'one-to-many',
    })
  }
  for (const one of keys)
    for (const other of keys) {
      if (one === other || one.from !== other.from || !one.in_primary_key || !other.in_primary_key) continue
      add({
        from: one.to,
        to: other.to,
        kind: 'many-to-many',
        constraint: `${one.name}, ${other.name}`,
        pairs: [],
        junction: {
          table: one.from,
          fromPairs: turned(one.pairs),
          toPairs: other.pairs,
          constraints: [one.name, other.name],
        },
      })
    }
  return found
}
