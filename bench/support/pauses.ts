import { readFileSync, writeFileSync } from 'node:fs'
import type { Row } from './measure.ts'
import { summarise } from './measure.ts'
import type { Load } from './peer.ts'

/**
 * The same script with a pause of random length before each request, so that so many connections together send about that many a second. wrk counts
 * pauses in whole milliseconds.
 */
export function withPauses(
  script: string,
  { connections, perSecond, answerMs }: { connections: number; perSecond: number; answerMs: number },
): string {
  const meanMs = Math.max(1, (connections / perSecond) * 1000 - answerMs)
  const file = script.replace(/\.lua$/, '-paused.lua')
  const pause = `function delay() return math.random(0, ${Math.round(2 * meanMs)}) end\n`
  writeFileSync(file, readFileSync(script, 'utf8') + pause)
  return file
}

/** The slow hundredth beside the median, of rounds of wrk with such a script. */
export function tailRows(name: string, loads: readonly Load[], target?: string): Row[] {
  const perSecond = summarise(loads.map(load => load.perSecond)).median
  return [
    {
      figure: `${name}: p99 beside p50, ${Math.round(perSecond)} per second`,
      samples: summarise(loads.map(load => load.p99Ms)),
      unit: 'ms',
      floor: summarise(loads.map(load => load.p50Ms)),
    },
    {
      figure: '  p99 / p50 of one round',
      samples: summarise(loads.map(load => load.p99Ms / load.p50Ms)),
      unit: '',
      ...(target ? { target } : {}),
    },
  ]
}
