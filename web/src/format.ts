const units = ['B', 'kB', 'MB', 'GB', 'TB']

/** 1500 → `1.5 kB` */
export function bytes(value: number | null): string {
  if (value === null) return '–'
  let rest = value
  let unit = 0
  for (; rest >= 1000 && unit < units.length - 1; unit++) rest /= 1000
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`
}

export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString('en')} ${value === 1 ? one : many}`
}

/** A moment in the reader's own time zone. */
export function moment(value: string | null): string {
  if (!value) return '–'
  return new Date(value).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}
