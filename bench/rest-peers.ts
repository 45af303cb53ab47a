// One row by its key at 64 connections: the REST service, the transaction in four round trips over HTTP, and pgbench. Then latency at half load, memory,
// and a schema of 1,000 tables with 5,000 columns. All in one run on one PostgreSQL; wrk and pgbench must be there. `node scripts/bench.mjs rest-peers`;
// ROUNDS, SECONDS, CONNECTIONS and MEMORY_SECONDS (how long the requests go on that memory is measured over) can be set.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestPostgres } from '../test/support/postgres.ts'
import { printTable, type Row, summarise, timed } from './support/measure.ts'
import { paced } from './support/paced.ts'
import { type Load, Peer, wrk } from './support/peer.ts'
import { scriptOf, singleRow, worksSql } from './support/rest-works.ts'

const rounds = Number(process.env['ROUNDS'] ?? 5)
const seconds = Number(process.env['SECONDS'] ?? 5)
const connections = Number(process.env['CONNECTIONS'] ?? 64)
const memorySeconds = Number(process.env['MEMORY_SECONDS'] ?? seconds * 2)
const tables = 1000
const folder = mkdtempSync(join(tmpdir(), 'hangar-bench-rest-'))
const plain = scriptOf(singleRow, folder)
const transaction = join(folder, 'row.sql')
writeFileSync(
  transaction,
  `\\set id random(1, 1000)
begin read only;
select set_config('role', 'anon', true), set_config('request.jwt.claims', '{"role":"anon"}', true);
select json_agg(c) from (select * from bench.clients where id = :id) c;
commit;
`,
)

const postgres = await startTestPostgres()
const admin = await postgres.client()
await admin.query(`create schema bench; grant usage on schema bench to anon; set search_path = bench; ${worksSql}
  create schema big; grant usage on schema big to anon;
  do $$ begin for n in 1..${tables} loop
    execute format('create table big.t%s (id int primary key, parent int references big.t%s, a text, b date, c jsonb)', n, greatest(1, n - 1));
  end loop; end $$; grant select on all tables in schema big to anon`)

const peers = new Map<string, Peer>()
try {
  const url = postgres.url('authenticator')
  peers.set('rest', await Peer.start('rest-process.ts', url))
  peers.set('four round trips', await Peer.start('four-round-trips-process.ts', url))
  await besideEachOther()
  await halfLoad()
  await schemas(url)
} finally {
  for (const peer of peers.values()) peer.stop()
  await postgres.stop()
  rmSync(folder, { recursive: true })
}

async function besideEachOther(): Promise<void> {
  const found = new Map<string, (Load & { readonly cpuUs: number })[]>()
  const bare: number[] = []
  for (let round = -1; round < rounds; round++) {
    for (const [name, peer] of peers) {
      const before = await peer.cpuSeconds()
      const load = wrk(peer.port, connections, seconds, plain)
      const cpuUs = (((await peer.cpuSeconds()) - before) / load.requests) * 1e6
      // The first round warms up.
      if (round >= 0) found.set(name, [...(found.get(name) ?? []), { ...load, cpuUs }])
    }
    if (round >= 0) bare.push(pgbench())
  }
  const of = (name: string, figure: (load: Load & { readonly cpuUs: number }) => number) =>
    summarise((found.get(name) ?? []).map(figure))
  const targets: Record<string, string> = { 'four round trips': '>= 2.5' }
  const others = [...peers.keys()].filter(name => name !== 'rest')
  const rows: Row[] = [
    ...others.map(name => ({
      figure: `requests per second, beside ${name}`,
      samples: of('rest', load => load.perSecond),
      unit: '1/s',
      floor: of(name, load => load.perSecond),
      target: targets[name] ?? '',
    })),
    {
      figure: 'requests per second, beside pgbench without HTTP (8 connections)',
      samples: of('rest', load => load.perSecond),
      unit: '1/s',
      floor: summarise(bare),
    },
    ...[...peers.keys()].flatMap(name => [
      { figure: `${name}: CPU per request`, samples: of(name, load => load.cpuUs), unit: 'us' },
      { figure: `${name}: p50`, samples: of(name, load => load.p50Ms), unit: 'ms' },
      { figure: `${name}: p99`, samples: of(name, load => load.p99Ms), unit: 'ms' },
    ]),
  ]
  printTable(`one row by its key, ${connections} connections`, rows)
}

/** Transactions per second of the same work by pgbench with prepared statements. */
function pgbench(): number {
  const text = execFileSync(
    'pgbench',
    ['-n', '-M', 'prepared', '-c8', '-j1', `-T${seconds}`, '-f', transaction, postgres.url('authenticator')],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  return Number(/tps = ([\d.]+)/.exec(text)?.[1])
}

/**
 * Requests at fixed times, evenly, half as many as each can do: the service, the four round trips, and, at the service's rate, a server without a
 * database, whose tail is that of the machine and of the client. And the service's memory before and after.
 */
async function halfLoad(): Promise<void> {
  const own = peers.get('rest')
  if (!own) return
  const memory = own.memoryMiB()
  const { perSecond, requests } = wrk(own.port, connections, memorySeconds, plain)
  const bare = await Peer.start('bare-http-process.ts')
  const rows: Row[] = []
  let sent = requests
  try {
    const found = new Map<string, { readonly p50: number[]; readonly p99: number[] }>()
    const rates = new Map([...peers].map(([name, peer]) => [name, { peer, half: perSecond / 2 }]))
    for (const [name, { peer }] of rates)
      if (peer !== own)
        rates.set(name, { peer, half: wrk(peer.port, connections, seconds, plain).perSecond / 2 })
    rates.set('node:http without a database', { peer: bare, half: perSecond / 2 })
    for (let round = 0; round < rounds; round++)
      for (const [name, { peer, half }] of rates) {
        const took = await paced({
          port: peer.port,
          connections,
          perSecond: half,
          seconds,
          path: () => `/clients?id=eq.${1 + Math.floor(Math.random() * 1000)}`,
        })
        if (peer === own) sent += took.length
        const { p50, p99 } = found.get(name) ?? { p50: [], p99: [] }
        p50.push(took[Math.floor(0.5 * took.length)] ?? Number.NaN)
        p99.push(took[Math.floor(0.99 * took.length)] ?? Number.NaN)
        found.set(name, { p50, p99 })
      }
    for (const [name, { p50, p99 }] of found)
      rows.push({
        figure: `${name}: p99 beside p50, ${Math.round(rates.get(name)?.half ?? 0)} requests per second`,
        samples: summarise(p99),
        unit: 'ms',
        floor: summarise(p50),
        ...(name === 'rest' ? { target: '<= 5' } : {}),
      })
  } finally {
    bare.stop()
  }
  printTable('at half load, measured from when a request was due', [
    ...rows,
    {
      figure: `memory after ${sent} more requests`,
      samples: summarise([own.memoryMiB()]),
      unit: 'MiB',
      floor: summarise([memory]),
    },
  ])
}

/** From nothing to the first answer, and from a change to the first answer that knows it. */
async function schemas(url: string): Promise<void> {
  const own = await Peer.start('rest-process.ts', url, 'big')
  const answer = async (path: string) => {
    const { status } = await fetch(`http://127.0.0.1:${own.port}${path}`)
    if (status !== 200) throw new Error(`${path} answered ${status}`)
  }
  try {
    const first = await timed(() => answer('/t1?select=id'))
    const again: number[] = []
    for (let round = 0; round < rounds; round++) {
      await admin.query(`create table big.new${round} (id int); grant select on big.new${round} to anon`)
      again.push(await timed(() => answer(`/new${round}?select=id`)))
    }
    const known = await Promise.all(
      Array.from({ length: 20 }, (_, n) => timed(() => answer(`/t${n + 1}?select=id`))),
    )
    printTable(`${tables} tables, ${tables * 5} columns`, [
      { figure: 'first answer after the start', samples: summarise([first]), unit: 'ms' },
      { figure: 'first answer after a change of the schema', samples: summarise(again), unit: 'ms' },
      { figure: 'answers after that', samples: summarise(known), unit: 'ms' },
    ])
  } finally {
    own.stop()
  }
}
