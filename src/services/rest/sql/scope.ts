import { Recent } from '../recent.ts'

/** How far a silo's database has counted the changes of its schema; null before the first. Asked this way, it costs a tenth of reading the sequence as a table. */
export const schemaVersion = `pg_catalog.pg_sequence_last_value('extensions.pgrst_schema_version'::pg_catalog.regclass)`

/** What a statement sets: which of the settings that are known by name, and how many others. */
export interface SettingsForm {
  /** Whether the first parameter is the version that the schema must have; when it has another, the statement divides by zero. */
  readonly guarded: boolean
  readonly readOnly: boolean
  /** Settings before the role is changed: what only the login may set, the caller's role may not. */
  readonly before: number
  readonly after: number
}

/** In the order of their parameters. */
const known = [
  'role',
  'request.jwt.claims',
  'request.method',
  'request.path',
  'request.headers',
  'request.cookies',
]
const texts = new Recent<string>(200)

/**
 * One statement that makes settings for the rest of the transaction. Its parameters: the version, if it is guarded; the search path; `before` names
 * and values by turns; what is known by name; `after` names and values. It gives numbers only: what was set need not come back.
 */
export function settingsText({ guarded, readOnly, before, after }: SettingsForm): string {
  return texts.get(`${guarded} ${readOnly} ${before} ${after}`, () => {
    let count = guarded ? 1 : 0
    const next = () => `$${++count}`
    const set = (name: string, text: string) => `pg_catalog.set_config(${name}, ${text}, true)`
    const others = (many: number) => Array.from({ length: many }, () => set(next(), next()))
    const calls = [
      set(`'search_path'`, next()),
      ...others(before),
      ...known.map(name => set(`'${name}'`, next())),
      ...(readOnly ? [set(`'transaction_read_only'`, `'on'`)] : []),
      ...others(after),
    ]
    // A call has a hundred arguments at most.
    const lists = Array.from({ length: Math.ceil(calls.length / 90) }, (_, at) =>
      calls.slice(at * 90, at * 90 + 90),
    )
    const columns = lists.map(list => `pg_catalog.num_nulls(${list.join(', ')})`).join(', ')
    return `select ${guarded ? `1 / (coalesce(${schemaVersion}, 0) = $1)::int, ` : ''}${columns}`
  })
}
