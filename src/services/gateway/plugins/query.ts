/** The values of a parameter, in order; the rest of the query is not even decoded. */
export function valuesOf(query: string, name: string): string[] {
  if (!query.includes('=')) return []
  return new URLSearchParams(query).getAll(name)
}

/** The query without a parameter; everything else stays as it was written. */
export function withoutParameter(query: string, name: string): string {
  return query
    .split('&')
    .filter(pair => !new URLSearchParams(pair).has(name))
    .join('&')
}
