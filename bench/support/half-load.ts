import { cpus } from 'node:os'
import { type Row, summarise } from './measure.ts'

/** What one round found: milliseconds, sorted. */
export interface Measured {
  /** From when each was due to its answer. */
  readonly took: readonly number[]
  /** How much later than it was due the client itself sent it; undefined when nobody knows. */
  readonly late?: readonly number[]
}

export interface Contestant {
  readonly name: string
  /** Half of what it can do. */
  readonly perSecond: number
  readonly target?: string
  round(perSecond: number): Promise<Measured>
}

/** The slow hundredth of each beside its median, in rounds by turns; how late the client was, and how much of all processors was in use. */
export async function tails(contestants: readonly Contestant[], rounds: number): Promise<Row[]> {
  const found = contestants.map(contestant => ({
    ...contestant,
    p50: [] as number[],
    p99: [] as number[],
    ratios: [] as number[],
    late: [] as number[],
    busy: [] as number[],
  }))
  for (let round = 0; round < rounds; round++)
    for (const one of found) {
      const before = processors()
      const { took, late } = await one.round(one.perSecond)
      const after = processors()
      one.busy.push((100 * (after.busy - before.busy)) / (after.all - before.all))
      one.p50.push(at(took, 0.5))
      one.p99.push(at(took, 0.99))
      one.ratios.push(at(took, 0.99) / at(took, 0.5))
      if (late) one.late.push(at(late, 0.99))
    }
  return found.flatMap(({ name, perSecond, target, p50, p99, ratios, late, busy }) => [
    {
      figure: `${name}: p99 beside p50, ${Math.round(perSecond)} per second`,
      samples: summarise(p99),
      unit: 'ms',
      floor: summarise(p50),
    },
    {
      figure: '  p99 / p50 of one round',
      samples: summarise(ratios),
      unit: '',
      ...(target ? { target } : {}),
    },
    ...(late.length > 0
      ? [{ figure: '  p99 of how late the client sent', samples: summarise(late), unit: 'ms' }]
      : []),
    { figure: '  all processors in use', samples: summarise(busy), unit: '%' },
  ])
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(share * sorted.length)] ?? Number.NaN
}

/** Milliseconds of all processors since the system started. */
function processors(): { readonly busy: number; readonly all: number } {
  let all = 0
  let idle = 0
  for (const { times } of cpus()) {
    idle += times.idle
    all += times.user + times.nice + times.sys + times.idle + times.irq
  }
  return { busy: all - idle, all }
}
