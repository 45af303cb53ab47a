import { createHmac, randomBytes } from 'node:crypto'
import type { SiloPart } from '#contract'
import type { SiloSecrets } from './ports.ts'

/** Who opens a silo's studio. */
export const dashboardUser = 'supabase'

const tenYearsSeconds = 10 * 365 * 24 * 3600

/** New secrets for a silo. Passwords have 192 bits, the JWT secret 256; one line each, safe in URLs and env files. */
export function generateSecrets(nowMs: number): SiloSecrets {
  const jwtSecret = randomBytes(32).toString('base64url')
  const password = () => randomBytes(24).toString('base64url')
  return {
    jwtSecret,
    anonKey: apiKey('anon', jwtSecret, nowMs),
    serviceRoleKey: apiKey('service_role', jwtSecret, nowMs),
    postgresPassword: password(),
    authenticatorPassword: password(),
    authAdminPassword: password(),
    storageAdminPassword: password(),
    dashboardPassword: password(),
  }
}

/** An API key as Supabase makes them: an HS256 token that carries the role, valid for ten years. */
export function apiKey(role: 'anon' | 'service_role', secret: string, nowMs: number): string {
  const iat = Math.floor(nowMs / 1000)
  return signed({ iss: 'supabase', ref: 'hangar', role, iat, exp: iat + tenYearsSeconds }, secret)
}

/**
 * The anon key for those who only look: the same token with a mark, for which the gateway opens what reads. It follows from the anon key and the
 * JWT secret, so that it changes with them and needs no place of its own.
 */
export function readKey({ anonKey, jwtSecret }: Pick<SiloSecrets, 'anonKey' | 'jwtSecret'>): string {
  const claims = Buffer.from(anonKey.split('.')[1] ?? '', 'base64url').toString()
  return signed({ ...JSON.parse(claims), scope: 'read' }, jwtSecret)
}

function signed(claims: object, secret: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
}

export interface SecretPlan {
  readonly secrets: SiloSecrets
  /** App name of each part. */
  readonly apps: Readonly<Record<SiloPart, string>>
  /** The gateway's declarative configuration, complete. */
  readonly gatewayConfig: string
}

/** Which app gets which secret under which name (stacks/devenv/hangar.toml says the same to people). */
export function secretsOf(
  part: SiloPart,
  { secrets, apps, gatewayConfig }: SecretPlan,
): Record<string, string> {
  const database = (role: string, password: string) =>
    `postgres://${role}:${password}@${apps.pg}.flycast:5432/postgres`
  switch (part) {
    case 'pg':
      return {
        POSTGRES_PASSWORD: secrets.postgresPassword,
        AUTHENTICATOR_PASSWORD: secrets.authenticatorPassword,
        SUPABASE_AUTH_ADMIN_PASSWORD: secrets.authAdminPassword,
        SUPABASE_STORAGE_ADMIN_PASSWORD: secrets.storageAdminPassword,
        JWT_SECRET: secrets.jwtSecret,
      }
    case 'rest':
      return {
        PGRST_DB_URI: database('authenticator', secrets.authenticatorPassword),
        PGRST_JWT_SECRET: secrets.jwtSecret,
      }
    case 'auth':
      return {
        DATABASE_URL: database('supabase_auth_admin', secrets.authAdminPassword),
        GOTRUE_JWT_SECRET: secrets.jwtSecret,
      }
    case 'storage':
      return {
        DATABASE_URL: database('supabase_storage_admin', secrets.storageAdminPassword),
        AUTH_JWT_SECRET: secrets.jwtSecret,
        PGRST_JWT_SECRET: secrets.jwtSecret,
        ANON_KEY: secrets.anonKey,
        SERVICE_KEY: secrets.serviceRoleKey,
      }
    case 'kong':
      return { KONG_YML: Buffer.from(gatewayConfig).toString('base64') }
    case 'studio':
      return {
        DATABASE_URL: database('postgres', secrets.postgresPassword),
        DASHBOARD_USERNAME: dashboardUser,
        DASHBOARD_PASSWORD: secrets.dashboardPassword,
        SUPABASE_ANON_KEY: secrets.anonKey,
        SUPABASE_SERVICE_KEY: secrets.serviceRoleKey,
      }
  }
}
