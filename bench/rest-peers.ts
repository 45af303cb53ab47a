// One row by its key at 64 connections: the REST service, the transaction in four round trips over HTTP, and pgbench. Then latency at half load beside that of servers
// and of a database that do less, memory, and a schema of 1,000 tables with 5,000 columns. All in one run on one PostgreSQL; wrk and pgbench must be there. `node scripts/bench.mjs rest-peers`;
// ROUNDS, SECONDS, CONNECTIONS and MEMORY_SECONDS (how long the requests go on that memory is measured over) can be set.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestPostgres } from '../test/support/postgres.ts'
import { fixedAnswer } from './support/fixed-answer.ts'
import { type Contestant, tails } from './support/half-load.ts'
import { printTable, type Row, summarise, timed } from './support/measure.ts'
import { paced } from './support/paced.ts'
import { tailRows, withPauses } from './support/pauses.ts'
import { type Load, Peer, wrk } from './support/peer.ts'
import { pgbench } from './support/pgbench.ts'
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
    if (round >= 0) {
      const url = postgres.url('authenticator')
      bare.push(pgbench({ url, script: transaction, seconds, folder }).perSecond)
    }
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

/**
 * Requests at fixed times, evenly, half as many as each can do: the service and the four round trips; at the service's rate, a server in this language
 * and one in C that only answer, whose tails are those of the machine and of the client; and the database alone at half of what it can do, by pgbench,
 * which sends at random moments. And the service's CPU per request at half and at full load, and its memory before and after.
 */
async function halfLoad(): Promise<void> {
  const own = peers.get('rest')
  if (!own) return
  const memory = own.memoryMiB()
  const used = await own.cpuSeconds()
  const { perSecond, requests } = wrk(own.port, connections, memorySeconds, plain)
  const full = ((await own.cpuSeconds()) - used) / requests
  const bare = await Peer.start('bare-http-process.ts')
  const nginx = await fixedAnswer(folder)
  const half: number[] = []
  let sent = requests
  const run = (port: number) => (rate: number) =>
    paced({
      port,
      connections,
      perSecond: rate,
      seconds,
      path: () => `/clients?id=eq.${1 + Math.floor(Math.random() * 1000)}`,
    })
  const url = postgres.url('authenticator')
  const contestants: Contestant[] = [
    {
      name: 'rest',
      perSecond: perSecond / 2,
      async round(rate) {
        const before = await own.cpuSeconds()
        const measured = await run(own.port)(rate)
        half.push((((await own.cpuSeconds()) - before) / measured.sent) * 1e6)
        sent += measured.sent
        return measured
      },
    },
    { name: 'node:http without a database', perSecond: perSecond / 2, round: run(bare.port) },
    ...(nginx
      ? [{ name: 'nginx without a database', perSecond: perSecond / 2, round: run(nginx.port) }]
      : []),
    {
      name: 'pgbench without HTTP (8 connections)',
      perSecond: pgbench({ url, script: transaction, seconds, folder }).perSecond / 2,
      round: async rate => pgbench({ url, script: transaction, seconds, folder, perSecond: rate }),
    },
  ]
  for (const [name, { port }] of peers)
    if (name !== 'rest') {
      const rate = wrk(port, connections, seconds, plain).perSecond / 2
      contestants.push({ name, perSecond: rate, round: run(port) })
    }
  try {
    await withWrk(perSecond / 2, { rest: own.port, 'node:http without a database': bare.port })
    printTable('at half load, sent evenly from Node, measured from when a request was due', [
      ...(await tails(contestants, rounds)),
      {
        figure: 'rest: CPU per request at half load, beside full load',
        samples: summarise(half),
        unit: 'us',
        floor: summarise([full * 1e6]),
      },
      {
        figure: `memory after ${sent} more requests`,
        samples: summarise([own.memoryMiB()]),
        unit: 'MiB',
        floor: summarise([memory]),
      },
    ])
  } finally {
    bare.stop()
    nginx?.child.kill()
  }
}

/** The same connections at half load with a client that takes little itself: wrk, with a random pause before each request. */
async function withWrk(rate: number, ports: Readonly<Record<string, number>>): Promise<void> {
  const script = withPauses(plain, { connections, perSecond: rate, answerMs: 0.5 })
  const found = new Map<string, Load[]>()
  for (let round = 0; round < rounds; round++)
    for (const [name, port] of Object.entries(ports))
      found.set(name, [...(found.get(name) ?? []), wrk(port, connections, seconds, script)])
  printTable(
    'at half load, sent by wrk with pauses',
    [...found].flatMap(([name, loads]) => tailRows(name, loads, name === 'rest' ? '<= 5' : undefined)),
  )
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
