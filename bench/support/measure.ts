/** Samples of one figure, in its unit. */
export interface Samples {
  readonly median: number
  readonly p95: number
  readonly min: number
  readonly max: number
  readonly count: number
}

export function summarise(values: readonly number[]): Samples {
  const sorted = [...values].sort((a, b) => a - b)
  // The nearest rank: of twenty samples, the nineteenth is the 95th percentile.
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  return { median: at(0.5), p95: at(0.95), min: at(0), max: at(1), count: sorted.length }
}

/** Milliseconds that `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** Runs `work` `count` times, `before` each time outside the measurement. */
export async function repeat(
  count: number,
  work: (round: number) => Promise<unknown>,
  before: (round: number) => Promise<unknown> = async () => {},
): Promise<number[]> {
  const values: number[] = []
  for (let round = 0; round < count; round++) {
    await before(round)
    values.push(await timed(() => work(round)))
  }
  return values
}

/** One line of the printed table; `floor` is what it is compared with, measured in the same run. */
export interface Row {
  readonly figure: string
  readonly samples: Samples
  readonly unit: string
  readonly floor?: Samples
  readonly target?: string
}

export function printTable(title: string, rows: readonly Row[]): void {
  const number = (value: number) =>
    value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
  const spread = (samples: Samples) =>
    `${number(samples.median)} (${number(samples.min)}–${number(samples.p95)})`
  const cells = [
    ['figure', 'median (min–p95)', 'unit', 'n', 'floor', 'ratio', 'target'],
    ...rows.map(({ figure, samples, unit, floor, target }) => [
      figure,
      spread(samples),
      unit,
      String(samples.count),
      floor ? spread(floor) : '',
      floor ? (samples.median / floor.median).toFixed(2) : '',
      target ?? '',
    ]),
  ]
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map(row => (row[column] ?? '').length)),
  )
  console.log(`\n${title}`)
  for (const row of cells)
    console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
}
