import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts'

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** An auth service that is only known by its address and the secret of its tokens. */
export interface AuthUnderTest extends AsyncDisposable {
  readonly url: string
  token(claims: Record<string, unknown>): string
  /** kill -9 and a new process. Absent for a service that was only pointed at. */
  readonly killAndRestart?: () => Promise<void>
}

/**
 * The service at AUTH_URL whose tokens AUTH_JWT_SECRET signs; without them the built program's `hangar service auth` on a PostgreSQL of
 * its own.
 */
export async function authUnderTest(): Promise<AuthUnderTest> {
  const { AUTH_URL, AUTH_JWT_SECRET } = process.env
  if (AUTH_URL && AUTH_JWT_SECRET) {
    return {
      url: AUTH_URL.replace(/\/$/, ''),
      token: claims => sign(claims, AUTH_JWT_SECRET),
      [Symbol.asyncDispose]: async () => {},
    }
  }
  const secret = 'an-acceptance-secret-that-is-long-enough'
  const postgres = await startTestPostgres()
  const first = await launch(postgres, secret, '0')
  let child = first.child
  const port = new URL(first.url).port
  return {
    url: first.url,
    token: claims => sign(claims, secret),
    async killAndRestart() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      child = (await launch(postgres, secret, port)).child
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      await postgres.stop()
    },
  }
}

async function launch(postgres: TestPostgres, secret: string, port: string) {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(root, 'bin', 'hangar.js'), 'service', 'auth', '--port', port],
    {
      env: {
        PATH: process.env['PATH'],
        GOTRUE_JWT_SECRET: secret,
        DATABASE_URL: postgres.url('supabase_auth_admin'),
        API_EXTERNAL_URL: 'http://localhost:9999',
        GOTRUE_SITE_URL: 'http://localhost:3000',
        GOTRUE_MAILER_AUTOCONFIRM: 'true',
        GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true',
        GOTRUE_EXTERNAL_PHONE_ENABLED: 'true',
        GOTRUE_SMS_TEST_OTP: '15550001234:123456',
        GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: 'true',
        GOTRUE_OAUTH_SERVER_ENABLED: 'true',
        GOTRUE_PASSKEY_ENABLED: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  child.stderr?.on('data', chunk => (output += chunk))
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', code => reject(new Error(`hangar service auth ended with ${code}: ${output}`)))
    child.stdout?.on('data', chunk => {
      output += chunk
      const found = /answers at (\S+);/.exec(output)?.[1]
      if (found !== undefined) resolve(found.replace(/\/$/, ''))
    })
  })
  return { child, url }
}

function sign(claims: Record<string, unknown>, secret: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 3600
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp, ...claims })}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}
