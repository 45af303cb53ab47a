import type { ServiceContext } from '#http'
import { studioErrors } from './errors.ts'

export interface StudioSettings {
  readonly databaseUrl: string
  readonly username: string
  readonly password: string
  /** Names under which the studio answers, besides loopback names. Entries that begin with a dot are suffixes. */
  readonly allowedHosts: readonly string[]
  readonly title: string
}

/** Reads the variables of `supabase/studio` and `supabase/postgres-meta`. Throws a user error that names the variable. */
export function readSettings(env: ServiceContext['env']): StudioSettings {
  const password = env['DASHBOARD_PASSWORD']
  if (!password) {
    throw studioErrors.missingSetting(
      'DASHBOARD_PASSWORD',
      'The studio shows every row of the database, so it does not open without a password.',
    )
  }
  return Object.freeze({
    databaseUrl: databaseUrl(env),
    username: env['DASHBOARD_USERNAME'] || 'supabase',
    password,
    allowedHosts: allowedHosts(env),
    title: env['DEFAULT_PROJECT_NAME'] || env['FLY_APP_NAME'] || 'Studio',
  })
}

function databaseUrl(env: ServiceContext['env']): string {
  const url = env['DATABASE_URL'] || env['PG_META_DB_URL']
  if (url) return url
  const host = env['PG_META_DB_HOST'] || env['POSTGRES_HOST']
  const password = env['PG_META_DB_PASSWORD'] || env['POSTGRES_PASSWORD']
  if (!host || !password) {
    throw studioErrors.missingSetting(
      'DATABASE_URL',
      'Set it, or PG_META_DB_HOST and PG_META_DB_PASSWORD, in the environment of the studio app.',
    )
  }
  const user = env['PG_META_DB_USER'] || 'postgres'
  const port = env['PG_META_DB_PORT'] || env['POSTGRES_PORT'] || '5432'
  const database = env['PG_META_DB_NAME'] || env['POSTGRES_DB'] || 'postgres'
  return `postgres://${[user, password].map(encodeURIComponent).join(':')}@${host.startsWith('/') ? encodeURIComponent(host) : host}:${port}/${database}`
}

function allowedHosts(env: ServiceContext['env']): string[] {
  const hosts = (env['STUDIO_ALLOWED_HOSTS'] ?? '').split(',').map(name => name.trim().toLowerCase())
  if (env['FLY_APP_NAME']) hosts.push(`${env['FLY_APP_NAME']}.fly.dev`)
  for (const url of [env['SUPABASE_PUBLIC_URL'], env['STUDIO_PUBLIC_URL']]) {
    if (url && URL.canParse(url)) hosts.push(new URL(url).hostname)
  }
  return hosts.filter(Boolean)
}
