import type { Reader } from '../database.ts'
import { studioErrors } from '../errors.ts'

export interface TableSummary {
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'view' | 'materialized view' | 'foreign table' | 'partitioned table'
  /** Row-level security is on. */
  readonly rls: boolean
  readonly policies: number
  /** Rows as the planner estimates them; null when nobody looked yet. */
  readonly estimatedRows: number | null
  readonly bytes: number
  readonly comment: string | null
}

export interface Column {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly default: string | null
  readonly generated: boolean
  readonly primaryKey: boolean
  readonly references: string | null
  readonly comment: string | null
}

export interface Policy {
  readonly name: string
  readonly command: string
  readonly permissive: boolean
  readonly roles: readonly string[]
  readonly using: string | null
  readonly check: string | null
}

export interface TableDetail extends TableSummary {
  readonly columns: readonly Column[]
  readonly policyList: readonly Policy[]
  readonly indexes: readonly { readonly name: string; readonly definition: string }[]
}

const kinds = `case c.relkind when 'r' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
  when 'f' then 'foreign table' when 'p' then 'partitioned table' end`

const summary = `
  select n.nspname as schema, c.relname as name, ${kinds} as kind, c.relrowsecurity as rls,
    (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies,
    case when c.reltuples < 0 then null else c.reltuples::float8 end as "estimatedRows",
    pg_total_relation_size(c.oid)::float8 as bytes,
    obj_description(c.oid, 'pg_class') as comment
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\\_temp%'
    and has_schema_privilege(n.oid, 'usage')`

/** All tables that the studio's role can reach, by schema and name. */
export async function listTables(reader: Reader): Promise<TableSummary[]> {
  return (
    await reader.query<TableSummary>(`${summary} order by n.nspname = 'public' desc, n.nspname, c.relname`)
  ).rows
}

/** One table with its columns, policies and indexes. */
export async function describeTable(reader: Reader, schema: string, table: string): Promise<TableDetail> {
  const { rows } = await reader.query<TableSummary & { oid: number }>(
    summary
      .replace('select ', 'select c.oid::int8::text as oid, ')
      .concat(' and n.nspname = $1 and c.relname = $2'),
    [schema, table],
  )
  const found = rows[0]
  if (!found) throw studioErrors.noSuchTable(schema, table)
  const { oid, ...rest } = found
  return {
    ...rest,
    columns: await columnsOf(reader, oid),
    policyList: await policiesOf(reader, oid),
    indexes: (
      await reader.query<{ name: string; definition: string }>(
        `select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
         from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = $1::oid order by 1`,
        [oid],
      )
    ).rows,
  }
}

async function columnsOf(reader: Reader, oid: number): Promise<Column[]> {
  const { rows } = await reader.query<Column>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
       pg_get_expr(d.adbin, d.adrelid) as default, a.attgenerated <> '' or a.attidentity <> '' as generated,
       exists (select from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'p' and a.attnum = any(k.conkey)) as "primaryKey",
       (select k.confrelid::regclass::text || '.' || (
          select f.attname from pg_attribute f where f.attrelid = k.confrelid and f.attnum = k.confkey[array_position(k.conkey, a.attnum)])
        from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'f' and a.attnum = any(k.conkey) limit 1) as references,
       col_description(a.attrelid, a.attnum) as comment
     from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [oid],
  )
  return rows
}

async function policiesOf(reader: Reader, oid: number): Promise<Policy[]> {
  const { rows } = await reader.query<Policy>(
    `select p.polname as name,
       case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end as command,
       p.polpermissive as permissive,
       array(select case when r = 0 then 'public' else r::regrole::text end from unnest(p.polroles) as r) as roles,
       pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check
     from pg_policy p where p.polrelid = $1::oid order by p.polname`,
    [oid],
  )
  return rows
}
