import { HangarError } from './errors.ts'

const unitMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a Go duration string such as `1m30s`, `250ms`, `0`. Throws a user error that names the accepted form. */
export function parseDuration(text: string): number {
  const trimmed = text.trim()
  if (/^[+-]?0$/.test(trimmed)) return 0
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(trimmed)
  if (!match) {
    throw new HangarError(`"${text}" is not a duration`, {
      code: 'HGR_KERNEL_DURATION',
      hint: 'Write it as a number with a unit: 500ms, 10s, 5m, 1h30m.',
    })
  }
  let total = 0
  for (const part of trimmed.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(part[1]) * (unitMs[part[2] ?? 's'] ?? 0)
  }
  return match[1] === '-' ? -total : total
}

/** Go's spelling of a duration in milliseconds: `1m30s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  if (Math.abs(ms) < 1000) return `${round(ms)}ms`
  const sign = ms < 0 ? '-' : ''
  let rest = Math.abs(ms)
  const hours = Math.floor(rest / 3_600_000)
  rest -= hours * 3_600_000
  const minutes = Math.floor(rest / 60_000)
  rest -= minutes * 60_000
  const seconds = `${round(rest / 1000)}s`
  if (hours) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes ? `${sign}${minutes}m${seconds}` : sign + seconds
}

/** For people: `412 ms`, `3.1 s`, `5 min`, `2 h 10 min`, `3 d`. */
export function humanDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`
  return `${Math.floor(hours / 24)} d`
}

function round(value: number): string {
  return String(Number(value.toFixed(6)))
}
