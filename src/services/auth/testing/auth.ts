import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import type pg from 'pg'
import { silentLog, systemClock } from '#kernel'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { authService } from '../service.ts'

export const secret = 'a-test-secret-that-is-long-enough-for-hs256'

/** A token signed with the service's secret. */
export function token(claims: Record<string, unknown>, key = secret): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: Math.floor(Date.now() / 1000) + 600, ...claims })}`
  return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`
}

export const serviceToken = token({ role: 'service_role' })
export const anonToken = token({ role: 'anon' })

export interface TestAuth extends AsyncDisposable {
  readonly url: string
  readonly postgres: TestPostgres
  /** A superuser's connection, for looking. */
  readonly admin: pg.Client
  /** The official client; each has its own session. Default key: anon. */
  client(key?: string, options?: { readonly flowType?: 'implicit' | 'pkce' }): SupabaseClient
  /** A plain request, as JSON. */
  fetch(
    path: string,
    init?: { method?: string; body?: unknown; token?: string; headers?: Record<string, string> },
  ): Promise<Response>
}

export interface TestAuthOptions {
  readonly env?: Record<string, string>
  /** Default: a new one, stopped with the service. */
  readonly postgres?: TestPostgres
}

/** The auth service on a real PostgreSQL. */
export async function startAuth({ env = {}, postgres: given }: TestAuthOptions = {}): Promise<TestAuth> {
  const postgres = given ?? (await startTestPostgres())
  let handle:
    | ((...args: Parameters<Awaited<ReturnType<typeof authService.create>>['handle']>) => void)
    | undefined
  const server = createServer((request, response) => {
    // What the gateway does for clients of the whole stack.
    request.url = request.url?.replace(/^\/auth\/v1/, '')
    handle?.(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const service = await authService.create({
    env: {
      GOTRUE_JWT_SECRET: secret,
      GOTRUE_DB_DATABASE_URL: postgres.url('supabase_auth_admin'),
      API_EXTERNAL_URL: `${url}/auth/v1`,
      GOTRUE_SITE_URL: 'http://localhost:3000',
      GOTRUE_URI_ALLOW_LIST: 'http://localhost:3000/**',
      GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true',
      GOTRUE_MAILER_AUTOCONFIRM: 'true',
      ...env,
    },
    log: silentLog,
    clock: systemClock,
    cacheDirectory: tmpdir(),
  })
  handle = (request, response) => service.handle(request, response)
  return {
    url,
    postgres,
    admin: await postgres.client(),
    client: (key = anonToken, { flowType = 'implicit' } = {}) =>
      createClient(url, key, {
        auth: { persistSession: flowType === 'pkce', autoRefreshToken: false, flowType, storage: memory() },
        // Node 20 has no WebSocket of its own; nothing here opens one.
        realtime: { transport: class {} as never },
      }),
    fetch: (path, { method = 'GET', body, token: bearer, headers } = {}) =>
      fetch(`${url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          ...(bearer && { authorization: `Bearer ${bearer}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await service.close(1000)
      if (!given) await postgres.stop()
    },
  }
}

function memory() {
  const items = new Map<string, string>()
  return {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  }
}
