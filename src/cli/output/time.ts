import { humanDuration } from '#kernel'

/** `3m 20s ago`; `-` for never. */
export function ago(iso: string | null): string {
  if (iso === null) return '-'
  return `${humanDuration(Math.max(0, Date.now() - Date.parse(iso)))} ago`
}

export function seconds(value: number | null): string {
  return value === null ? '-' : humanDuration(value * 1000)
}

export function megabytes(value: number | null, estimated = false): string {
  return value === null ? '-' : `${estimated ? '~' : ''}${value} MB`
}

export function percent(value: number | null, estimated = false): string {
  return value === null ? '-' : `${estimated ? '~' : ''}${value} %`
}
