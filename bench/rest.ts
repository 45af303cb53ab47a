// Six kinds of work over HTTP at 1, 8 and 64 connections: the REST service beside the same transaction by `pg` alone, without HTTP, and beside
// `@supabase/lite` with its PostgreSQL driver where LITE names a folder in which it is installed (with `postgres`), each in turn on one PostgreSQL. Requests per
// second, and CPU seconds per 1,000 requests. Needs wrk. `node scripts/bench.mjs rest`; ROUNDS, SECONDS and CONNECTIONS (a list) can be set.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startTestPostgres } from '../test/support/postgres.ts'
import { printTable, type Row, summarise } from './support/measure.ts'
import { Peer, wrk } from './support/peer.ts'
import { scriptOf, type Work, works, worksSql } from './support/rest-works.ts'

const rounds = Number(process.env['ROUNDS'] ?? 3)
const seconds = Number(process.env['SECONDS'] ?? 2)
const connections = (process.env['CONNECTIONS'] ?? '1,8,64').split(',').map(Number)
const folder = mkdtempSync(join(tmpdir(), 'hangar-bench-rest-'))

const postgres = await startTestPostgres()
const admin = await postgres.client()
await admin.query(
  `create schema bench; grant usage on schema bench to anon; set search_path = bench; ${worksSql}`,
)
const rest = await Peer.start('rest-process.ts', postgres.url('authenticator'))
const lite = process.env['LITE'] ? await startLite(process.env['LITE']) : undefined
if (!lite) console.log('LITE is not set: @supabase/lite is left out')
const rows: Row[] = []
try {
  for (const work of works)
    for (const many of connections) {
      const own: number[] = []
      const floor: number[] = []
      const others: number[] = []
      const cpu: number[] = []
      for (let round = -1; round < rounds; round++) {
        const before = await rest.cpuSeconds()
        const load = wrk(rest.port, many, seconds, scriptOf(work, folder))
        const spent = (((await rest.cpuSeconds()) - before) / load.requests) * 1000
        const other =
          lite && attempt(() => wrk(lite.port, many, seconds, scriptOf(work, folder, '/rest/v1')).perSecond)
        const bare = await byPg(work, Math.min(many, 10))
        // The first round warms up.
        if (round < 0) continue
        own.push(load.perSecond)
        cpu.push(spent)
        floor.push(bare)
        if (other !== undefined) others.push(other)
      }
      const figure = `${work.name}, ${many} connection${many === 1 ? '' : 's'}`
      const samples = summarise(own)
      rows.push({
        figure: `${figure}, beside pg without HTTP`,
        samples,
        unit: '1/s',
        floor: summarise(floor),
      })
      if (others.length > 0)
        rows.push({
          figure: '  beside @supabase/lite',
          samples,
          unit: '1/s',
          floor: summarise(others),
          target: '>= 2',
        })
      else if (lite) rows.push({ figure: '  @supabase/lite refuses it', samples, unit: '1/s' })
      rows.push({ figure: '  CPU', samples: summarise(cpu), unit: 's per 1,000' })
      await admin.query('truncate bench.sink')
    }
  printTable('REST', rows)
} finally {
  rest.stop()
  lite?.stop()
  await postgres.stop()
  rmSync(folder, { recursive: true })
}

/** Undefined when it cannot do that work. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

async function startLite(installed: string): Promise<Peer> {
  await admin.query('create database lite owner postgres')
  const url = postgres.url('postgres').replace(/postgres$/, 'lite')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(worksSql).finally(() => client.end())
  return Peer.start('lite-process.ts', installed, url)
}

/** Begin, role and claims, the work, commit: each waits for the one before. */
async function byPg(work: Work, many: number): Promise<number> {
  const pool = new pg.Pool({
    connectionString: postgres.url('authenticator'),
    max: many,
    options: '-c search_path=bench',
  })
  // What closes while the server ends is of no interest.
  pool.on('error', () => {})
  let count = 0
  const began = performance.now()
  const until = began + seconds * 1000
  try {
    await Promise.all(
      Array.from({ length: many }, async () => {
        for (; performance.now() < until; count++) {
          const client = await pool.connect()
          await client.query('begin')
          await client.query({
            name: 'scope',
            text: `select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)`,
            values: ['anon', '{"role":"anon"}'],
          })
          await client.query({ name: work.name, ...work.statement() })
          await client.query('commit')
          client.release()
        }
      }),
    )
    return count / ((performance.now() - began) / 1000)
  } finally {
    await pool.end()
  }
}
