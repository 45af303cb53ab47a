import { Recent } from '../recent.ts'

/** Where a silo's database counts the changes of its schema. */
export const schemaVersion = {
  column: `last_value || ' ' || is_called`,
  table: 'extensions.pgrst_schema_version',
} as const

const texts = new Recent<string>(200)

/**
 * One statement that makes settings for the rest of the transaction, their names and values by turns as parameters. `guarded`: the first parameter is
 * the version that the schema must have; when it has another, the statement divides by zero.
 */
export function settingsText(count: number, guarded: boolean): string {
  return texts.get(`${count}${guarded}`, () => {
    const first = guarded ? 2 : 1
    const calls = Array.from(
      { length: count },
      (_, index) => `set_config($${first + index * 2}, $${first + index * 2 + 1}, true)`,
    )
    if (!guarded) return `select ${calls.join(', ')}`
    const { column, table } = schemaVersion
    return `select 1 / (${column} = $1)::int, ${calls.join(', ')} from ${table}`
  })
}
