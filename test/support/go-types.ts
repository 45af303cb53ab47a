/** What a Go program would decode a JSON value into; a map is `{ '*': type }`. Keys that are not named are ignored, as Go does. */
export type GoType =
  | 'string'
  | 'int'
  | 'uint'
  | 'bool'
  | 'time'
  | readonly [GoType]
  | { readonly [key: string]: GoType }

/** Where Go's decoder would refuse the value, e.g. `events.0.timestamp: 1.5 is no int`; empty when it would not. */
export function goRefuses(value: unknown, type: GoType, place = ''): string[] {
  // null leaves a Go value as it is, whatever its type.
  if (value === null || value === undefined) return []
  const no = (what: string) => [`${place}: ${JSON.stringify(value)} is no ${what}`]
  if (typeof type === 'string') return fits(value, type) ? [] : no(type)
  const under = (key: string) => (place === '' ? key : `${place}.${key}`)
  if (Array.isArray(type)) {
    if (!Array.isArray(value)) return no('list')
    return value.flatMap((item, index) => goRefuses(item, type[0], under(String(index))))
  }
  if (typeof value !== 'object' || Array.isArray(value)) return no('object')
  return Object.entries(value).flatMap(([key, item]) => {
    const known = (type as Record<string, GoType>)[key] ?? (type as Record<string, GoType>)['*']
    return known === undefined ? [] : goRefuses(item, known, under(key))
  })
}

function fits(value: unknown, type: 'string' | 'int' | 'uint' | 'bool' | 'time'): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'bool':
      return typeof value === 'boolean'
    case 'int':
      return Number.isSafeInteger(value)
    case 'uint':
      return Number.isSafeInteger(value) && Number(value) >= 0
    case 'time':
      return (
        typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)
      )
  }
}
