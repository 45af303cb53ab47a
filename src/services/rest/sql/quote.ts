import pg from 'pg'

export const ident = pg.escapeIdentifier
export const literal = pg.escapeLiteral

/** `schema.name` of the cache as SQL. */
export function qualified(key: string): string {
  const dot = key.indexOf('.')
  return `${ident(key.slice(0, dot))}.${ident(key.slice(dot + 1))}`
}
