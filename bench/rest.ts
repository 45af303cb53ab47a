// The REST service beside the same transaction by `pg` alone, without HTTP, on the same PostgreSQL. Requests per second, and CPU seconds per 1,000 requests.
// `node scripts/bench.mjs rest`; ROUNDS, SECONDS and CONNECTIONS (a list) can be set.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startTestPostgres } from '../test/support/postgres.ts'
import { printTable, type Row, summarise } from './support/measure.ts'

const rounds = Number(process.env['ROUNDS'] ?? 3)
const seconds = Number(process.env['SECONDS'] ?? 3)
const connections = (process.env['CONNECTIONS'] ?? '1,8,64').split(',').map(Number)

const setup = `
  create schema bench; grant usage on schema bench to anon;
  create table bench.clients (id int primary key, name text);
  create table bench.projects (id int primary key, name text, client_id int references bench.clients);
  create table bench.tasks (id int primary key, name text, project_id int references bench.projects);
  create index on bench.projects (client_id); create index on bench.tasks (project_id);
  create table bench.sink (a int, b text);
  insert into bench.clients select n, 'client ' || n from generate_series(1, 1000) n;
  insert into bench.projects select n, 'project ' || n, 1 + n % 1000 from generate_series(1, 5000) n;
  insert into bench.tasks select n, 'task ' || n, 1 + n % 5000 from generate_series(1, 20000) n;
  create function bench.twice(n int) returns int language sql immutable as 'select n * 2';
  grant all on all tables in schema bench to anon; analyze;`

interface Work {
  readonly name: string
  readonly path: () => string
  readonly body?: string
  /** The statement of the same work, for pg alone. */
  readonly statement: () => { text: string; values: unknown[] }
}

const anyId = () => 1 + Math.floor(Math.random() * 1000)
const thousand = JSON.stringify(Array.from({ length: 1000 }, (_, a) => ({ a, b: `row ${a}` })))
const insertion = (json: string) => ({
  text: 'insert into bench.sink select * from json_to_recordset($1::json) as _(a int, b text)',
  values: [json],
})

const works: readonly Work[] = [
  {
    name: 'single row',
    path: () => `/clients?id=eq.${anyId()}`,
    statement: () => ({
      text: 'select json_agg(c) from (select * from bench.clients where id = $1) c',
      values: [anyId()],
    }),
  },
  {
    name: '100 rows',
    path: () => '/clients?limit=100&order=id',
    statement: () => ({
      text: 'select json_agg(c) from (select * from bench.clients order by id limit 100) c',
      values: [],
    }),
  },
  {
    name: 'embed of 3 tables',
    path: () => `/clients?id=eq.${anyId()}&select=name,projects(name,tasks(name))`,
    statement: () => ({
      text: `select json_agg(c) from (select name, (select json_agg(p) from (select name, (select json_agg(t) from
        (select name from bench.tasks where project_id = p.id) t) as tasks from bench.projects p where client_id = c.id) p) as projects from bench.clients c where id = $1) c`,
      values: [anyId()],
    }),
  },
  {
    name: 'rpc',
    path: () => '/rpc/twice?n=21',
    statement: () => ({ text: 'select bench.twice($1::int)', values: [21] }),
  },
  {
    name: 'insert of one',
    path: () => '/sink',
    body: '{"a":1,"b":"x"}',
    statement: () => insertion('[{"a":1,"b":"x"}]'),
  },
  { name: 'insert of 1,000', path: () => '/sink', body: thousand, statement: () => insertion(thousand) },
]

const postgres = await startTestPostgres()
const admin = await postgres.client()
await admin.query(setup)
const child = spawn(
  process.execPath,
  [
    '--import',
    'tsx',
    '--conditions=hangar:src',
    fileURLToPath(new URL('support/rest-process.ts', import.meta.url)),
    postgres.url('authenticator'),
  ],
  { stdio: ['pipe', 'pipe', 'inherit'] },
)
const port = Number(await lineOf(child))
const rows: Row[] = []
try {
  for (const work of works) {
    for (const many of connections) {
      const own: number[] = []
      const floor: number[] = []
      const cpu: number[] = []
      for (let round = 0; round < rounds; round++) {
        const before = await cpuOf(child)
        const found = await overHttp(work, many)
        cpu.push((((await cpuOf(child)) - before) / found.count) * 1000)
        own.push(found.perSecond)
        floor.push(await byPg(work, Math.min(many, 10)))
      }
      const figure = `${work.name}, ${many} connection${many === 1 ? '' : 's'}`
      rows.push({ figure, samples: summarise(own), unit: 'requests/s', floor: summarise(floor) })
      rows.push({ figure: `${figure}: CPU`, samples: summarise(cpu), unit: 's per 1,000' })
    }
  }
  printTable('REST; floor: the transaction in four round trips by pg, without HTTP', rows)
} finally {
  child.kill()
  await postgres.stop()
}

async function lineOf(from: ChildProcess): Promise<string> {
  if (!from.stdout) throw new Error('the process has no output')
  const [line] = (await once(from.stdout, 'data')) as [Buffer]
  return line.toString().trim()
}

async function cpuOf(from: ChildProcess): Promise<number> {
  const line = lineOf(from)
  from.stdin?.write('cpu\n')
  return Number(await line)
}

/** As many at a time as there are connections, for some seconds. */
async function during(
  many: number,
  once: () => Promise<void>,
): Promise<{ count: number; perSecond: number }> {
  let count = 0
  const began = performance.now()
  const until = began + seconds * 1000
  await Promise.all(
    Array.from({ length: many }, async () => {
      while (performance.now() < until) {
        await once()
        count++
      }
    }),
  )
  return { count, perSecond: count / ((performance.now() - began) / 1000) }
}

async function overHttp(work: Work, many: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: many })
  try {
    return await during(many, () => send(agent, work))
  } finally {
    agent.destroy()
  }
}

function send(agent: Agent, { path, body }: Work): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request(
      { agent, port, host: '127.0.0.1', path: path(), method: body === undefined ? 'GET' : 'POST', headers },
      response => {
        if ((response.statusCode ?? 500) >= 300) reject(new Error(`answered ${response.statusCode}`))
        response.resume().once('end', resolve)
      },
    )
    sent.once('error', reject)
    sent.end(body)
  })
}

/** Begin, role and claims, the work, commit: each waits for the one before. */
async function byPg(work: Work, many: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: postgres.url('authenticator'), max: many })
  // What closes while the server ends is of no interest.
  pool.on('error', () => {})
  try {
    const { perSecond } = await during(many, async () => {
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
    })
    return perSecond
  } finally {
    await pool.end()
  }
}
