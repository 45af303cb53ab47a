import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export interface PgbenchOptions {
  readonly url: string
  readonly script: string
  readonly seconds: number
  /** For what it writes. */
  readonly folder: string
  /** Transactions at random moments, on average so many; undefined: as many as there can be. */
  readonly perSecond?: number
}

/** Transactions by pgbench with prepared statements on 8 connections: how many per second, and the milliseconds that each took from when it was due, sorted. */
export function pgbench({ url, script, seconds, folder, perSecond }: PgbenchOptions): {
  readonly perSecond: number
  readonly took: readonly number[]
} {
  const logs = mkdtempSync(join(folder, 'pgbench-'))
  try {
    const pace = perSecond === undefined ? [] : ['-R', String(Math.round(perSecond)), '-l']
    const text = execFileSync(
      'pgbench',
      ['-n', '-M', 'prepared', '-c8', '-j1', `-T${seconds}`, ...pace, '-f', script, url],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], cwd: logs },
    )
    const took = readdirSync(logs)
      .flatMap(name => readFileSync(join(logs, name), 'utf8').trim().split('\n'))
      // Client, transaction, microseconds from when it was due, …
      .map(line => Number(line.split(' ')[2]) / 1000)
      .sort((a, b) => a - b)
    return { perSecond: Number(/tps = ([\d.]+)/.exec(text)?.[1]), took }
  } finally {
    rmSync(logs, { recursive: true })
  }
}
