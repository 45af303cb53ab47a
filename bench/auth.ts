// The auth service beside what it stands on: `pg` with the same statements, bcrypt with the same cost. `node scripts/bench.mjs auth`
// ROUNDS (seconds per figure, default 5) and SESSIONS (default 100000) make it shorter.
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { compare, hash } from '@node-rs/bcrypt'
import pg from 'pg'
import { silentLog, systemClock } from '#kernel'
import { authService } from '#services/auth'
import { startTestPostgres } from '../test/support/postgres.ts'
import { printTable, type Row, summarise } from './support/measure.ts'

const seconds = Number(process.env['ROUNDS'] ?? 5)
const sessions = Number(process.env['SESSIONS'] ?? 100_000)
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

// Memory: anonymous sign-ups, each with a session.
globalThis.gc?.()
const before = process.memoryUsage().rss
const marks: string[] = []
for (let done = 0; done < sessions; ) {
  const some = Math.min(10_000, sessions - done)
  let left = some
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (left-- > 0) await ask('POST', '/signup', {})
    }),
  )
  done += some
  marks.push(`${done} sessions: ${Math.round((process.memoryUsage().rss - before) / 1048576)} MB more`)
}
console.log(`memory of the process (service and bench together)\n${marks.join('\n')}`)

agent.destroy()
await pool.end()
server.closeAllConnections()
server.close()
await service.close(1000)
await postgres.stop()
process.exit(0)
