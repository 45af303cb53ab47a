import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createListener, ownOffer } from '#http'
import { silentLog, systemClock } from '#kernel'
import { restService } from '#services/rest'
import { startTestPostgres } from '../../support/postgres.ts'

/** A request and what must come back. Nothing that is not said is looked at. */
export interface Case {
  readonly name?: string
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly status?: number
  /** Texts; null: the header must not be there. */
  readonly answers?: Readonly<Record<string, string | null>>
  /** Compared as JSON; a RegExp or a text that starts with `text:` is compared with the body as it came. */
  readonly gives?: unknown
}

export const secret = 'reallyreallyreallyreallyverysafe'

export const variables = {
  PGRST_DB_SCHEMAS: 'api,other',
  PGRST_DB_EXTRA_SEARCH_PATH: 'public',
  PGRST_DB_ANON_ROLE: 'anon',
  PGRST_JWT_SECRET: secret,
  PGRST_DB_TX_END: 'rollback-allow-override',
  PGRST_DB_AGGREGATES_ENABLED: 'true',
  PGRST_DB_PLAN_ENABLED: 'true',
  PGRST_APP_SETTINGS_own: 'value',
}

export interface Target {
  readonly url: string
  stop(): Promise<void>
}

/** The service at REST_URL (with fixtures.sql in its database and the variables above), or ours on a PostgreSQL of its own. */
export async function startTarget(): Promise<Target> {
  const given = process.env['REST_URL']
  if (given) return { url: given.replace(/\/$/, ''), stop: async () => {} }
  const postgres = await startTestPostgres()
  const admin = await postgres.client()
  await admin.query(readFileSync(new URL('fixtures.sql', import.meta.url), 'utf8'))
  const cacheDirectory = await mkdtemp(join(tmpdir(), 'hangar-rest-acceptance-'))
  const env = { ...variables, PGRST_DB_URI: postgres.url('authenticator') }
  const service = await restService.create({ env, log: silentLog, clock: systemClock, cacheDirectory })
  const listener = createListener(ownOffer(service), { port: 0 })
  return {
    url: `http://127.0.0.1:${await listener.open()}`,
    async stop() {
      listener.cut()
      await listener.shut()
      await service.close(0)
      await postgres.stop()
      await rm(cacheDirectory, { recursive: true, force: true })
    },
  }
}

/** A token for a role, signed with the secret of the suite. */
export function bearer(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `Bearer ${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}
