// The auth service beside what it stands on: `pg` with the same statements, bcrypt with the same cost. `node scripts/bench.mjs auth`
// ROUNDS (seconds per figure, default 5) makes it shorter; SESSIONS=100000 is the long run of the memory figure (default 5000).
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { compare, hash } from '@node-rs/bcrypt'
import pg from 'pg'
import { silentLog, systemClock } from '#kernel'
import { authService } from '#services/auth'
import { startTestPostgres } from '../test/support/postgres.ts'
import { printTable, type Row, summarise } from './support/measure.ts'

const seconds = Number(process.env['ROUNDS'] ?? 5)
const sessions = Number(process.env['SESSIONS'] ?? 5000)
const parallel = 8
const password = 'correct horse battery'

const postgres = await startTestPostgres()
const service = await authService.create({
  env: {
    GOTRUE_JWT_SECRET: randomBytes(32).toString('hex'),
    DATABASE_URL: postgres.url('supabase_auth_admin'),
    API_EXTERNAL_URL: 'http://localhost:9999',
    GOTRUE_SITE_URL: 'http://localhost:3000',
    GOTRUE_MAILER_AUTOCONFIRM: 'true',
    GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true',
  },
  log: silentLog,
  clock: systemClock,
  cacheDirectory: tmpdir(),
})
const server = createServer((incoming, response) => service.handle(incoming, response)).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
const agent = new Agent({ keepAlive: true, maxSockets: parallel })

interface Session {
  readonly access_token: string
  readonly refresh_token: string
  readonly user: { readonly id: string }
}

function ask<T>(method: string, path: string, body?: object, token?: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        port,
        host: '127.0.0.1',
        method,
        path,
        agent,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
      },
      async response => {
        let text = ''
        for await (const chunk of response) text += chunk
        if ((response.statusCode ?? 500) >= 300)
          reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))
        else resolve(JSON.parse(text) as T)
      },
    )
    outgoing.once('error', reject)
    outgoing.end(body && JSON.stringify(body))
  })
}

/** Times per second that `work` is done by so many at a time, in one-second samples. */
async function rate(work: (worker: number) => Promise<unknown>, workers = parallel): Promise<number[]> {
  const samples: number[] = []
  for (let round = 0; round < Math.max(1, seconds); round++) {
    const began = performance.now()
    let done = 0
    await Promise.all(
      Array.from({ length: workers }, async (_, worker) => {
        while (performance.now() - began < 1000) {
          await work(worker)
          done++
        }
      }),
    )
    samples.push(done / ((performance.now() - began) / 1000))
  }
  return samples
}

const signedUp = (email: string) => ask<Session>('POST', '/signup', { email, password })
const mine = await Promise.all(Array.from({ length: parallel }, (_, n) => signedUp(`bench${n}@example.com`)))
const tokens = mine.map(session => session.refresh_token)
const pool = new pg.Pool({ connectionString: postgres.url('supabase_auth_admin'), max: parallel })
const inTransaction = async (statements: readonly (readonly [string, unknown[]])[]) => {
  const client = await pool.connect()
  await client.query('begin')
  for (const [text, values] of statements) await client.query(text, values)
  await client.query('commit')
  client.release()
}
const view = (id: string): [string, unknown[]][] => [
  ['select * from auth.identities where user_id = any($1::uuid[]) order by created_at, id', [[id]]],
  ['select * from auth.mfa_factors where user_id = any($1::uuid[]) order by created_at, id', [[id]]],
]

const rows: Row[] = []
const figure = (name: string, samples: number[], floor: number[], target: string) =>
  rows.push({ figure: name, samples: summarise(samples), unit: '1/s', floor: summarise(floor), target })

// GET /user: the token is checked, its session and user are read.
const sessionOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { session_id: string })
    .session_id
figure(
  'GET /user',
  await rate(worker => ask('GET', '/user', undefined, mine[worker]?.access_token)),
  await rate(worker => {
    const { user, access_token } = mine[worker] as Session
    return inTransaction([
      ['select * from auth.users where id = $1', [user.id]],
      ['select * from auth.sessions where id = $1', [sessionOf(access_token)]],
      ...view(user.id),
    ])
  }),
  'as near 1 as HTTP lets it',
)

// Refresh: the token is exchanged under a lock, the session touched, both noted in the audit log.
figure(
  'refresh',
  await rate(async worker => {
    const next = await ask<Session>('POST', '/token?grant_type=refresh_token', {
      refresh_token: tokens[worker] ?? '',
    })
    tokens[worker] = next.refresh_token
  }),
  await rate(worker => {
    const { user, access_token } = mine[worker] as Session
    const session = sessionOf(access_token)
    const audit = 'insert into auth.audit_log_entries (id, payload, created_at) values ($1, $2, now())'
    return inTransaction([
      ['select * from auth.refresh_tokens where token = $1', [tokens[worker]]],
      ['select * from auth.users where id = $1', [user.id]],
      ['select * from auth.sessions where id = $1 for update', [session]],
      ['select * from auth.refresh_tokens where token = $1', [tokens[worker]]],
      ['update auth.refresh_tokens set updated_at = now() where token = $1', [tokens[worker]]],
      [audit, [randomUUID(), '{}']],
      [
        'insert into auth.refresh_tokens (token, user_id, revoked, session_id) values ($1, $2, true, $3)',
        [randomUUID(), user.id, session],
      ],
      ['update auth.sessions set refreshed_at = now() where id = $1', [session]],
      [audit, [randomUUID(), '{}']],
      ['select * from auth.mfa_amr_claims where session_id = $1', [session]],
      ...view(user.id),
    ])
  }),
  'as near 1 as HTTP lets it',
)

// Password sign-ins: bcrypt at the same cost, as many at a time as there are processors.
const hashed = await hash(password, { cost: 10, version: '2a' })
figure(
  'password sign-in',
  await rate(
    worker => ask('POST', '/token?grant_type=password', { email: `bench${worker}@example.com`, password }),
    parallel,
  ),
  await rate(() => compare(password, hashed), Math.min(availableParallelism(), 3)),
  '>= 0.90',
)
printTable('auth', rows)

// A wrong password, of somebody and of nobody: in turn, so that whatever else goes on here meets both alike.
const took: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
const addresses = { known: 'bench0@example.com', unknown: 'nobody@example.com' }
for (let round = 0; round < 20 * Math.max(1, seconds); round++) {
  for (const who of ['known', 'unknown'] as const) {
    const began = performance.now()
    await ask('POST', '/token?grant_type=password', { email: addresses[who], password: 'wrong' }).catch(
      () => {},
    )
    took[who].push(performance.now() - began)
  }
}
const median = (samples: number[]) => samples.sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0
const [known, unknown] = [median(took.known), median(took.unknown)]
console.log(
  `wrong password: known ${known.toFixed(1)} ms, unknown ${unknown.toFixed(1)} ms, ratio ${(known / unknown).toFixed(3)} (target 0.95 to 1.05)`,
)

// Memory: sign-ins without a hash, each with a session that is refreshed once. What is left after the first tenth is what would go on for ever.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
console.log('memory of the process (service and bench together)')
const mark = (done: number) => {
  collect()
  const { rss, heapUsed } = process.memoryUsage()
  console.log(
    `${done} sessions: RSS ${Math.round(rss / 1048576)} MB, heap ${Math.round(heapUsed / 1048576)} MB`,
  )
}
mark(0)
for (let done = 0; done < sessions; ) {
  const some = Math.min(Math.ceil(sessions / 10), sessions - done)
  let left = some
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (left-- > 0) {
        const { refresh_token } = await ask<Session>('POST', '/signup', {})
        await ask('POST', '/token?grant_type=refresh_token', { refresh_token })
      }
    }),
  )
  done += some
  mark(done)
}

agent.destroy()
await pool.end()
server.closeAllConnections()
server.close()
await service.close(1000)
await postgres.stop()
process.exit(0)
