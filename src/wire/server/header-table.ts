import type { IncomingHttpHeaders } from 'node:http'
import type { Fields } from '../head.ts'

/** Said once or not at all: of several, the first counts, as it does for Node. */
const once = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
])

/** Has no prototype, so that a header called `constructor` is there only when it was sent. */
const Table = function Table() {} as unknown as new () => Record<string, string | string[] | undefined>
Table.prototype = Object.create(null)

/** Headers by their lower-case names, several of one name joined as Node joins them. */
export function headerTable(fields: Fields): IncomingHttpHeaders {
  const table = new Table()
  const { names } = fields
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    const value = fields.value(i)
    const before = table[name]
    if (name === 'set-cookie') table[name] = before === undefined ? [value] : [...before, value]
    else if (before === undefined) table[name] = value
    else if (!once.has(name)) table[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return table
}

/** True for a field that headerTable passes over, because one of its name came before. */
export function isRepeated({ names }: Fields, name: string, index: number): boolean {
  return once.has(name) && names.indexOf(name) !== index
}
