import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SupabaseClient } from '@supabase/supabase-js'
import type pg from 'pg'
import { createListener, type WireInstance } from '#http'
import { silentLog, systemClock } from '#kernel'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { supabaseClient } from '../../../../test/support/supabase.ts'
import { restService } from '../service.ts'

export const jwtSecret = 'a-secret-of-more-than-thirty-two-characters'

/** What every service of these tests is given beside its database. */
export const restEnv = {
  PGRST_DB_SCHEMAS: 'public,storage',
  PGRST_DB_EXTRA_SEARCH_PATH: 'public,extensions',
  PGRST_DB_ANON_ROLE: 'anon',
  PGRST_JWT_SECRET: jwtSecret,
  PGRST_DB_TX_END: 'commit-allow-override',
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of all shapes
  json(): any
}

export interface RestTest {
  readonly postgres: TestPostgres
  readonly admin: pg.Client
  readonly cacheDirectory: string
  readonly first: RunningService
  /** One more service on the same database, with further variables. */
  serve(env?: Record<string, string>): Promise<RunningService>
  stop(): Promise<void>
}

export interface RunningService {
  readonly instance: WireInstance
  readonly url: string
  /** A request as the service role, unless the headers say otherwise. A body that is no text is sent as JSON. */
  ask(path: string, options?: AskOptions): Promise<Reply>
  client(key: string): SupabaseClient
  close(): Promise<void>
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** A database with `setup` run in it and a REST service before it. */
export async function startRest(setup: string, env: Record<string, string> = {}): Promise<RestTest> {
  const postgres = await startTestPostgres()
  const admin = await postgres.client('postgres')
  await admin.query(setup)
  const cacheDirectory = mkdtempSync(join(tmpdir(), 'hangar-rest-'))
  const running = new Set<RunningService>()
  const serve = async (more: Record<string, string> = {}) => {
    const service = await serveRest(postgres, { ...env, ...more }, cacheDirectory)
    running.add(service)
    return service
  }
  return {
    postgres,
    admin,
    cacheDirectory,
    first: await serve(),
    serve,
    async stop() {
      for (const service of running) await service.close()
      await postgres.stop()
      rmSync(cacheDirectory, { recursive: true, force: true })
    },
  }
}

/** A service on a database that was started otherwise. */
export async function serveRest(
  postgres: Pick<TestPostgres, 'url'>,
  env: Record<string, string>,
  cacheDirectory: string,
): Promise<RunningService> {
  const instance = await restService.create({
    env: {
      PGRST_DB_URI: postgres.url('authenticator'),
      ...restEnv,
      ...env,
    },
    log: silentLog,
    clock: systemClock,
    cacheDirectory,
  })
  const { wire } = instance
  const listener = createListener(
    {
      wire: {
        ...wire,
        serve(request, response) {
          // The gateway takes this off; the client puts it on.
          request.url = request.url.replace('/rest/v1', '') || '/'
          wire.serve(request, response)
        },
      },
    },
    { port: 0 },
  )
  const url = `http://127.0.0.1:${await listener.open()}`
  let closed = false
  return {
    instance,
    url,
    ask: (path, options) => ask(url + path, options),
    client: key => supabaseClient(url, key),
    async close() {
      if (closed) return
      closed = true
      const shut = listener.shut()
      listener.cut()
      await shut
      await instance.close(0)
    },
  }
}

async function ask(url: string, { method, headers, body }: AskOptions = {}): Promise<Reply> {
  const response = await fetch(url, {
    method: method ?? 'GET',
    headers: {
      authorization: `Bearer ${token({ role: 'service_role' })}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}

/** A token signed with HS256. */
export function token(claims: object, secret = jwtSecret): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: 4e9, ...claims })}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}
