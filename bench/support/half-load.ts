import { cpus } from 'node:os'
import { type Row, summarise } from './measure.ts'
import { stalledPercent } from './stalls.ts'

/** What one round found: milliseconds, sorted. */
export interface Measured {
  /** From when each was due to its answer. */
  readonly took: readonly number[]
  /** How much later than it was due the client itself sent it; undefined when nobody knows. */
  readonly late?: readonly number[]
  /** How many were sent, with those that are not counted. */
  readonly sent?: number
}

export interface Contestant {
  readonly name: string
  /** Half of what it can do. */
  readonly perSecond: number
  readonly target?: string
  round(perSecond: number): Promise<Measured>
}

const stallMs = 500

/**
 * The slow hundredth of each beside its median, in rounds by turns; how late the client was and what it took, and how much of all processors was in
 * use. And how much of the time this machine stood still, looked at before each round.
 */
export async function tails(contestants: readonly Contestant[], rounds: number): Promise<Row[]> {
  const found = contestants.map(contestant => ({
    ...contestant,
    p50: [] as number[],
    p99: [] as number[],
    ratios: [] as number[],
    late: [] as number[],
    clientUs: [] as number[],
    busy: [] as number[],
  }))
  const stalled: number[] = []
  for (let round = 0; round < rounds; round++) {
    stalled.push(await stalledPercent(stallMs))
    for (const one of found) {
      const before = processors()
      const own = process.cpuUsage()
      const { took, late, sent } = await one.round(one.perSecond)
      const after = processors()
      const { user, system } = process.cpuUsage(own)
      one.busy.push((100 * (after.busy - before.busy)) / (after.all - before.all))
      one.p50.push(at(took, 0.5))
      one.p99.push(at(took, 0.99))
      one.ratios.push(at(took, 0.99) / at(took, 0.5))
      if (late) one.late.push(at(late, 0.99))
      if (sent) one.clientUs.push((user + system) / sent)
    }
  }
  const rows = found.flatMap(({ name, perSecond, target, p50, p99, ratios, late, clientUs, busy }): Row[] => [
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
      ? [
          { figure: '  p99 of how late the client sent', samples: summarise(late), unit: 'ms' },
          { figure: '  CPU of the client per request', samples: summarise(clientUs), unit: 'us' },
        ]
      : []),
    { figure: '  all processors in use', samples: summarise(busy), unit: '%' },
  ])
  return [
    ...rows,
    {
      figure: 'time in which this machine let a loop that only reads the clock stand still, 1 ms and more',
      samples: summarise(stalled),
      unit: '%',
    },
  ]
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
