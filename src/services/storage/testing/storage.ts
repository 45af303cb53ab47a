import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import type pg from 'pg'
import { silentLog, systemClock } from '#kernel'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { storageService } from '../service.ts'

export const secret = 'a-test-secret-that-is-long-enough-for-hs256'

/** A token as the auth service makes them. */
export function token(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: Math.floor(Date.now() / 1000) + 600, ...claims })}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

export const serviceToken = token({ role: 'service_role' })
export const anonToken = token({ role: 'anon' })
export const userToken = (id: string) => token({ role: 'authenticated', sub: id })

/** Static S3 keys of a test service. */
export const s3Keys = { accessKeyId: 'test-key-id', secretAccessKey: 'test-secret-key' }

export interface TestStorage extends AsyncDisposable {
  readonly url: string
  readonly directory: string
  readonly postgres: TestPostgres
  /** A superuser's connection, for policies and for looking. */
  readonly admin: pg.Client
  /** The official client with that token. */
  client(token: string): SupabaseClient['storage']
  /** A plain request with that token. */
  fetch(path: string, init?: RequestInit & { token?: string; duplex?: 'half' }): Promise<Response>
}

/** Variables of a test service. */
export function storageEnv(
  databaseUrl: string,
  directory: string,
  more: Record<string, string> = {},
): Record<string, string> {
  return {
    AUTH_JWT_SECRET: secret,
    DATABASE_URL: databaseUrl,
    SERVICE_KEY: serviceToken,
    ANON_KEY: anonToken,
    FILE_STORAGE_BACKEND_PATH: directory,
    FILE_SIZE_LIMIT: String(20 * 1024 * 1024),
    TENANT_ID: 'test',
    REGION: 'local',
    S3_PROTOCOL_ACCESS_KEY_ID: s3Keys.accessKeyId,
    S3_PROTOCOL_ACCESS_KEY_SECRET: s3Keys.secretAccessKey,
    ...more,
  }
}

/** The storage service on a real PostgreSQL and a temporary folder. */
export async function startStorage(env: Record<string, string> = {}): Promise<TestStorage> {
  const postgres = await startTestPostgres()
  const directory = await mkdtemp(join(tmpdir(), 'hangar-test-storage-'))
  const service = await storageService.create({
    env: storageEnv(postgres.url('supabase_storage_admin'), directory, env),
    log: silentLog,
    clock: systemClock,
    cacheDirectory: join(directory, 'cache'),
  })
  const server = createServer((request, response) => {
    // What the gateway does for clients of the whole stack.
    request.url = request.url?.replace(/^\/storage\/v1/, '')
    service.handle(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    directory: join(directory, 'test'),
    postgres,
    admin: await postgres.client(),
    client: bearer =>
      createClient(url, bearer, {
        accessToken: async () => bearer,
        // Node 20 has no WebSocket of its own; nothing here opens one.
        realtime: { transport: class {} as never },
      }).storage,
    fetch: (path, { token: bearer = serviceToken, headers, ...init } = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: {
          ...(bearer && { authorization: `Bearer ${bearer}` }),
          ...(headers as Record<string, string>),
        },
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await service.close(1000)
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
