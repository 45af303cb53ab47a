import type { Reader } from '../database.ts'

export interface Overview {
  readonly version: string
  readonly database: string
  readonly bytes: number
  readonly startedAt: Date
  readonly tables: number
  /** Tables of schema public that anybody with the anon key can read and write. */
  readonly open: number
  readonly users: number | null
  readonly buckets: number | null
}

/** What the first page shows. */
export async function readOverview(reader: Reader): Promise<Overview> {
  const { rows } = await reader.query<Omit<Overview, 'users' | 'buckets'>>(`
    select current_setting('server_version') as version, current_database() as database,
      pg_database_size(current_database())::float8 as bytes, pg_postmaster_start_time() as "startedAt",
      (select count(*)::int from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition) as tables,
      (select count(*)::int from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and not c.relrowsecurity and exists (select from pg_roles where rolname = 'anon') and has_table_privilege('anon', c.oid, 'select')) as open`)
  return {
    ...(rows[0] as Omit<Overview, 'users' | 'buckets'>),
    users: await countIfThere(reader, 'auth.users'),
    buckets: await countIfThere(reader, 'storage.buckets'),
  }
}

/** Rows of a table that may not exist yet, or not be for us. */
async function countIfThere(reader: Reader, table: string): Promise<number | null> {
  const { rows } = await reader.query<{ readable: boolean | null }>(
    `select to_regclass($1) is not null and has_table_privilege(to_regclass($1), 'select') as readable`,
    [table],
  )
  if (!rows[0]?.readable) return null
  return (
    (await reader.query<{ count: number }>(`select count(*)::int as count from ${table}`)).rows[0]?.count ?? 0
  )
}
