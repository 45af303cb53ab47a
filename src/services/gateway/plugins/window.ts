export const periods = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const
export type Period = (typeof periods)[number]

const lengthsMs = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/** The window of the calendar (UTC) that a time falls into, and how long it still is. */
export function windowAt(period: Period, timeMs: number): { name: string; endsInSeconds: number } {
  const [from, to] = bounds(period, timeMs)
  return { name: String(from), endsInSeconds: Math.max(1, Math.ceil((to - timeMs) / 1000)) }
}

function bounds(period: Period, timeMs: number): readonly [number, number] {
  if (period === 'month' || period === 'year') {
    const date = new Date(timeMs)
    const year = date.getUTCFullYear()
    const month = date.getUTCMonth()
    return period === 'year'
      ? [Date.UTC(year), Date.UTC(year + 1)]
      : [Date.UTC(year, month), Date.UTC(year, month + 1)]
  }
  const length = lengthsMs[period]
  const from = Math.floor(timeMs / length) * length
  return [from, from + length]
}
