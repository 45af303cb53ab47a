import { restErrors } from '../errors.ts'
import { type Media, parseAccept } from '../request/media.ts'
import type { SqlFunction } from '../schema/cache.ts'
import { type Sql, sql, trusted } from '../sql/sql.ts'

/** How an answer is written. */
export type Format =
  | { readonly kind: 'array' | 'object'; readonly stripped: boolean; readonly contentType: string }
  | { readonly kind: 'csv' | 'geojson'; readonly contentType: string }
  /** The value as it is. */
  | { readonly kind: 'raw'; readonly contentType: string }
  | { readonly kind: 'plan'; readonly plan: PlanFormat; readonly contentType: string }

export interface PlanFormat {
  readonly json: boolean
  readonly options: readonly string[]
  /** What is explained. */
  readonly format: Format
}

const json = 'application/json; charset=utf-8'
const planOptions = ['analyze', 'verbose', 'settings', 'buffers', 'wal']

/** The best of what is accepted that can be given. `called`: a function may give more. Throws PGRST107. */
export function chooseFormat(
  accept: string | undefined,
  options: { readonly plans: boolean; readonly called?: SqlFunction | undefined },
): Format {
  const asked = parseAccept(accept)
  for (const media of asked) {
    const format = formatOf(media, options)
    if (format) return format
  }
  throw restErrors.media(asked.map(({ type }) => type))
}

function formatOf(
  { type, parameters }: Media,
  options: { readonly plans: boolean; readonly called?: SqlFunction | undefined },
): Format | undefined {
  const raw = rawTypeOf(options.called)
  const stripped = parameters.get('nulls') === 'stripped'
  switch (type) {
    case '*/*':
    case 'application/*':
      return raw && type === '*/*'
        ? { kind: 'raw', contentType: withCharset(raw) }
        : { kind: 'array', stripped: false, contentType: json }
    case 'application/json':
      return { kind: 'array', stripped: false, contentType: json }
    case 'application/vnd.pgrst.array+json':
    case 'application/vnd.pgrst.array':
      return stripped
        ? {
            kind: 'array',
            stripped,
            contentType: 'application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8',
          }
        : { kind: 'array', stripped, contentType: json }
    case 'application/vnd.pgrst.object+json':
    case 'application/vnd.pgrst.object': {
      const suffix = stripped ? ';nulls=stripped' : ''
      return {
        kind: 'object',
        stripped,
        contentType: `application/vnd.pgrst.object+json${suffix}; charset=utf-8`,
      }
    }
    case 'text/csv':
      return { kind: 'csv', contentType: 'text/csv; charset=utf-8' }
    case 'application/geo+json':
      return { kind: 'geojson', contentType: 'application/geo+json; charset=utf-8' }
    case 'application/vnd.pgrst.plan':
    case 'application/vnd.pgrst.plan+text':
    case 'application/vnd.pgrst.plan+json':
      return options.plans ? planFormat(type, parameters, options.called) : undefined
    default:
      return rawFormat(type, raw, options.called)
  }
}

/** Of a function: the media type that its result's domain names, and plain text or bytes of a scalar. */
function rawFormat(
  type: string,
  raw: string | undefined,
  called: SqlFunction | undefined,
): Format | undefined {
  if (called?.kind !== 'scalar') return undefined
  if (raw !== undefined && raw !== 'application/octet-stream')
    return raw === type ? { kind: 'raw', contentType: withCharset(type) } : undefined
  const simple = type === 'text/plain' || type === 'application/octet-stream' || type === 'text/xml'
  return simple || raw !== undefined ? { kind: 'raw', contentType: withCharset(type) } : undefined
}

function rawTypeOf(called: SqlFunction | undefined): string | undefined {
  const name = called?.kind === 'scalar' && !called.set ? called.type.name : ''
  if (name === '*/*') return 'application/octet-stream'
  return /^[a-z]+\/[a-z0-9.+-]+$/i.test(name) ? name.toLowerCase() : undefined
}

function withCharset(type: string): string {
  return /^text\/|[/+](json|xml)$/.test(type) ? `${type}; charset=utf-8` : type
}

function planFormat(type: string, parameters: Media['parameters'], called: SqlFunction | undefined): Format {
  const isJson = type.endsWith('+json')
  const asked = (parameters.get('options') ?? '').split('|')
  const explained = parameters.get('for') ?? 'application/json'
  const format = chooseFormat(explained, { plans: false, called })
  const options = planOptions.filter(option => asked.includes(option))
  const suffix = options.length > 0 ? `; options=${options.join('|')}` : ''
  return {
    kind: 'plan',
    plan: { json: isJson, options, format },
    contentType: `application/vnd.pgrst.plan+${isJson ? 'json' : 'text'}; for="${explained}"${suffix}; charset=utf-8`,
  }
}

/** The body of all rows of `_`. `single`: there is one row, and it is given as it is. */
export function bodySql(format: Format, single = false): Sql {
  switch (format.kind) {
    case 'array':
    case 'object': {
      const list = trusted(single || format.kind === 'object' ? 'json_agg(_)->0' : 'json_agg(_)')
      const empty = trusted(single || format.kind === 'object' ? 'null' : '[]')
      const stripped = format.stripped ? sql`json_strip_nulls(${list})` : list
      return sql`coalesce((${stripped})::text, '${empty}')`
    }
    case 'csv':
      return trusted(
        `coalesce((select string_agg(k, ',') from json_object_keys((array_agg(row_to_json(_)))[1]) as k), '') || coalesce(E'\\n' || string_agg(substring(_::text, 2, length(_::text) - 2), E'\\n'), '')`,
      )
    case 'geojson':
      return trusted(
        `json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(ST_AsGeoJSON(_)::json), '[]'))::text`,
      )
    case 'raw':
      return trusted(`''`)
    case 'plan':
      return bodySql(format.plan.format, single)
  }
}

/** Whether exactly one row must come out. */
export function wantsOne(format: Format): boolean {
  return format.kind === 'object'
}
