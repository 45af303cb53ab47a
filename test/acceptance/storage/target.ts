import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startTestPostgres } from '../../support/postgres.ts'

/** A storage service that is judged from outside. */
export interface StorageTarget extends AsyncDisposable {
  /** Where its routes begin, without a slash at the end: the service itself, or a gateway's `/storage/v1`. */
  readonly url: string
  readonly serviceKey: string
  readonly anonKey: string
  /** Name of the project, for S3 sessions. */
  readonly tenant: string
  readonly s3: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly region: string }
  fetch(path: string, init?: RequestInit & { token?: string; duplex?: 'half' }): Promise<Response>
}

const secret = 'acceptance-secret-that-is-long-enough'

/**
 * The service at STORAGE_URL (with STORAGE_SERVICE_KEY, STORAGE_ANON_KEY, STORAGE_TENANT, STORAGE_S3_KEY, STORAGE_S3_SECRET and
 * STORAGE_S3_REGION), or else the built program, started as `hangar service storage` on a PostgreSQL of its own.
 */
export async function openTarget(): Promise<StorageTarget> {
  const env = process.env
  if (env['STORAGE_URL']) {
    return withFetch(
      {
        url: env['STORAGE_URL'].replace(/\/$/, ''),
        serviceKey: env['STORAGE_SERVICE_KEY'] ?? '',
        anonKey: env['STORAGE_ANON_KEY'] ?? '',
        tenant: env['STORAGE_TENANT'] ?? 'storage-single-tenant',
        s3: {
          accessKeyId: env['STORAGE_S3_KEY'] ?? '',
          secretAccessKey: env['STORAGE_S3_SECRET'] ?? '',
          region: env['STORAGE_S3_REGION'] ?? 'local',
        },
      },
      async () => {},
    )
  }
  const postgres = await startTestPostgres()
  const directory = await mkdtemp(join(tmpdir(), 'hangar-acceptance-storage-'))
  const port = await freePort()
  const target = {
    url: `http://127.0.0.1:${port}`,
    serviceKey: token('service_role'),
    anonKey: token('anon'),
    tenant: 'acceptance',
    s3: { accessKeyId: 'acceptance-key', secretAccessKey: 'acceptance-secret', region: 'local' },
  }
  const hangar = fileURLToPath(new URL('../../../bin/hangar.js', import.meta.url))
  const child = spawn(process.execPath, [hangar, 'service', 'storage', '--port', String(port)], {
    env: {
      PATH: env['PATH'],
      HOME: directory,
      HANGAR_HOME: join(directory, 'home'),
      DATABASE_URL: postgres.url('supabase_storage_admin'),
      AUTH_JWT_SECRET: secret,
      SERVICE_KEY: target.serviceKey,
      ANON_KEY: target.anonKey,
      FILE_STORAGE_BACKEND_PATH: join(directory, 'objects'),
      FILE_SIZE_LIMIT: String(50 * 1024 * 1024),
      TENANT_ID: target.tenant,
      REGION: target.s3.region,
      S3_PROTOCOL_ACCESS_KEY_ID: target.s3.accessKeyId,
      S3_PROTOCOL_ACCESS_KEY_SECRET: target.s3.secretAccessKey,
      ENABLE_IMAGE_TRANSFORMATION: 'true',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`hangar service storage ended with ${code}`)
    }),
  ])
  return withFetch(target, async () => {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
    await postgres.stop()
    await rm(directory, { recursive: true, force: true })
  })
}

/** A token as the auth service makes them; only for a service that was started here. */
export function token(role: string, more: Record<string, unknown> = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { role, exp: Math.floor(Date.now() / 1000) + 3600, ...more }
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

function withFetch(
  target: Omit<StorageTarget, 'fetch' | typeof Symbol.asyncDispose>,
  close: () => Promise<void>,
): StorageTarget {
  return {
    ...target,
    fetch: (path, { token: bearer = target.serviceKey, headers, ...init } = {}) =>
      fetch(`${target.url}${path}`, {
        redirect: 'manual',
        ...init,
        headers: {
          ...(bearer && { authorization: `Bearer ${bearer}` }),
          ...(headers as Record<string, string>),
        },
      }),
    [Symbol.asyncDispose]: close,
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
