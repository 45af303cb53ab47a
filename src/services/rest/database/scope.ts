import type { WireRequest } from '#wire'
import type { Caller } from '../identity/tokens.ts'
import { utf8Of } from '../request/utf8.ts'
import type { RestSettings } from '../settings.ts'
import { named } from '../sql/fields.ts'
import { settingsText } from '../sql/scope.ts'
import { render, type Statement, sql } from '../sql/sql.ts'

export interface ScopeRequest {
  readonly request: WireRequest
  /** That the schema must have; undefined in a database that does not count. */
  readonly version: string | undefined
  readonly readOnly: boolean
  readonly caller: Caller
  readonly schemaName: string
  readonly path: string
  readonly timezone: string | undefined
  /** What `alter role` says of the caller's role. */
  readonly roleSettings: readonly (readonly [string, string])[]
  /** What a function that is called says of itself. */
  readonly functionSettings: readonly (readonly [string, string])[]
}

/** Statements that make a transaction act for the caller; policies and functions read these settings. */
export function scopeStatements(settings: RestSettings, scope: ScopeRequest): readonly Statement[] {
  const { request, caller, schemaName, path, timezone, version, readOnly } = scope
  const { headers } = request
  const { cookie } = headers
  const values = [searchPathOf(settings, schemaName)]
  if (version !== undefined) values.unshift(version)
  for (const [name, text] of scope.roleSettings) values.push(name, text)
  values.push(
    caller.role,
    caller.claimsText,
    request.method,
    path,
    utf8Of(JSON.stringify(cookie === undefined ? headers : { ...headers, cookie: undefined })),
    cookie === undefined ? '{}' : utf8Of(JSON.stringify(cookiesOf(cookie))),
  )
  const known = values.length
  if (timezone !== undefined) values.push('timezone', timezone)
  for (const [name, text] of scope.functionSettings)
    if (settings.hoisted.includes(name)) values.push(name, text)
  for (const [name, text] of settings.appSettings) values.push(name, text)
  const text = settingsText({
    guarded: version !== undefined,
    readOnly,
    before: scope.roleSettings.length,
    after: (values.length - known) / 2,
  })
  const set = { text, values }
  const { preRequest } = settings
  return preRequest ? [set, render(sql`select ${named(preRequest)}()`)] : [set]
}

const searchPaths = new WeakMap<readonly string[], Map<string, string>>()

/** Names of schemas that are exposed only, so that they are few. */
function searchPathOf({ extraSearchPath }: RestSettings, schemaName: string): string {
  const known = searchPaths.get(extraSearchPath) ?? new Map<string, string>()
  searchPaths.set(extraSearchPath, known)
  const path = known.get(schemaName) ?? [schemaName, ...extraSearchPath].map(quoted).join(', ')
  known.set(schemaName, path)
  return path
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** By their names: what stands before the first equals sign, blanks before it apart. Nothing is decoded. */
function cookiesOf(header: string): Record<string, string> {
  const parts = header.split(';')
  if (parts.at(-1) === '') parts.pop()
  return Object.fromEntries(
    parts.map(part => {
      const [name = '', ...rest] = part.split('=')
      return [name.replace(/^ +/, ''), rest.join('=')]
    }),
  )
}
