import type { Database } from './database.ts'

/** Names of the time zones that PostgreSQL knows. It takes long to list them. */
export async function readTimezones(database: Database): Promise<ReadonlySet<string>> {
  const [rows] = await database.use(connection =>
    connection.run([{ text: 'select name from pg_catalog.pg_timezone_names', values: [] }]),
  )
  return new Set((rows ?? []).map(([name]) => name ?? ''))
}
