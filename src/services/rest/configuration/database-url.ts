import { existsSync } from 'node:fs'

type Env = Readonly<Record<string, string | undefined>>

/** What libpq reads from variables where a connection string leaves it out. */
const byVariable = [
  ['host', 'PGHOST'],
  ['port', 'PGPORT'],
  ['user', 'PGUSER'],
  ['password', 'PGPASSWORD'],
  ['dbname', 'PGDATABASE'],
  ['sslmode', 'PGSSLMODE'],
] as const

/** Whether the variables alone say where the database is. */
export function namesDatabase(env: Env): boolean {
  return byVariable.some(([, variable]) => env[variable])
}

/** The address of the database as this service's driver takes it, from any form of libpq's: an address, `host=… dbname=…`, and its variables for what is left out. */
export function databaseUrl(text: string, env: Env): string {
  const isAddress = /^postgres(?:ql)?:\/\//.test(text)
  const given = isAddress ? partsOfAddress(text) : partsOfPairs(text)
  // Several hosts, or something else that is not understood here, is left to the driver.
  if (!given) return text
  const parts = new Map<string, string>()
  for (const [name, variable] of byVariable) {
    const value = given.get(name) || env[variable]
    if (value) parts.set(name, value)
  }
  for (const [name, value] of given) if (!parts.has(name) && value) parts.set(name, value)
  return addressOf(parts)
}

function partsOfAddress(text: string): Map<string, string> | undefined {
  const form =
    /^postgres(?:ql)?:\/\/(?:([^@/]*)@)?(\[[^\]]*\]|[^:/?,]*)(?::(\d*))?(?:\/([^?]*))?(?:\?(.*))?$/s
  const found = form.exec(text)
  if (!found) return undefined
  const [, login = '', host = '', port = '', name = '', query = ''] = found
  const at = login.indexOf(':')
  try {
    return new Map([
      ['host', decodeURIComponent(host.replace(/^\[(.*)\]$/, '$1'))],
      ['port', port],
      ['user', decodeURIComponent(at < 0 ? login : login.slice(0, at))],
      ['password', at < 0 ? '' : decodeURIComponent(login.slice(at + 1))],
      ['dbname', decodeURIComponent(name)],
      ...new URLSearchParams(query),
    ])
  } catch {
    return undefined
  }
}

/** `host=localhost password='a b'` */
function partsOfPairs(text: string): Map<string, string> | undefined {
  const form = /\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))\s*/y
  const parts = new Map<string, string>()
  while (form.lastIndex < text.length) {
    const found = form.exec(text)
    if (!found) return undefined
    parts.set(found[1] ?? '', (found[2] ?? found[3] ?? '').replace(/\\(.)/g, '$1'))
  }
  return parts
}

const socketFolders = ['/var/run/postgresql', '/tmp']

function addressOf(parts: ReadonlyMap<string, string>): string {
  const {
    host = localHost(),
    port = '5432',
    user = '',
    password = '',
    dbname = user,
  } = Object.fromEntries(parts)
  const known = new Set(['host', 'port', 'user', 'password', 'dbname'])
  const query = new URLSearchParams([...parts].filter(([name]) => !known.has(name)))
  const isFolder = host.startsWith('/')
  if (isFolder) query.set('host', host)
  // As libpq understands it: `require` encrypts, and looks at no certificate.
  if (parts.has('sslmode') && !parts.has('uselibpqcompat')) query.set('uselibpqcompat', 'true')
  const login =
    user === ''
      ? ''
      : `${encodeURIComponent(user)}${password === '' ? '' : `:${encodeURIComponent(password)}`}@`
  const at = isFolder ? 'localhost' : host.includes(':') ? `[${host}]` : host
  const more = query.size === 0 ? '' : `?${query}`
  return `postgresql://${login}${at}:${port}/${encodeURIComponent(dbname)}${more}`
}

/** Without a host, libpq goes through the socket of this machine. */
function localHost(): string {
  return socketFolders.find(folder => existsSync(`${folder}/.s.PGSQL.5432`)) ?? 'localhost'
}
