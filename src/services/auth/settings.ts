import type { ServiceContext } from '#http'
import { durationMs } from './durations.ts'
import { errors } from './errors.ts'

export interface SmtpSettings {
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly password: string | undefined
  readonly sender: string
  readonly senderName: string | undefined
}

export interface AuthSettings {
  readonly databaseUrl: string
  readonly maxConnections: number
  /** Where clients reach this service, without a slash at the end. */
  readonly externalUrl: string
  readonly siteUrl: string
  readonly uriAllowList: readonly string[]
  readonly jwt: {
    readonly secret: string
    readonly keyId: string | undefined
    readonly issuer: string
    readonly expirySeconds: number
    readonly audience: string
    readonly defaultRole: string
    readonly adminRoles: readonly string[]
  }
  readonly disableSignup: boolean
  readonly email: { readonly enabled: boolean; readonly autoconfirm: boolean }
  readonly phone: { readonly enabled: boolean; readonly autoconfirm: boolean }
  readonly anonymousEnabled: boolean
  readonly allowUnverifiedEmail: boolean
  readonly passwordMinLength: number
  /** Each set of characters must be there at least once. */
  readonly passwordCharacters: readonly string[]
  readonly refreshReuseMs: number
  readonly refreshRotation: boolean
  readonly reauthenticateForPassword: boolean
  readonly sessionTimeboxMs: number | undefined
  readonly sessionInactivityMs: number | undefined
  readonly secureEmailChange: boolean
  readonly otpExpirySeconds: number
  readonly otpLength: number
  /** The shortest time between two emails of a kind to one user. */
  readonly mailIntervalMs: number
  readonly smtp: SmtpSettings | undefined
  readonly mailSubjects: Readonly<Record<string, string>>
  readonly mailPaths: Readonly<Record<string, string>>
  /** Names of external providers that the environment turns on; none of them is built. */
  readonly externalProviders: readonly string[]
}

const mails = ['confirmation', 'invite', 'recovery', 'magic_link', 'email_change', 'reauthentication']

/** Reads the variables of `supabase/gotrue`. Throws a user error that names the variable and the rule. */
export function readSettings(env: ServiceContext['env']): AuthSettings {
  const text = (...names: string[]) => names.map(name => env[name]).find(value => value)
  const required = (...names: string[]) => {
    const value = text(...names)
    if (value === undefined) throw errors.setting(names.join(' or '), 'is not set')
    return value
  }
  const flag = (fallback: boolean, ...names: string[]) => {
    const value = text(...names)
    if (value === undefined) return fallback
    if (/^(1|t|true)$/i.test(value)) return true
    if (/^(0|f|false)$/i.test(value)) return false
    throw errors.setting(names[0] ?? '', `must be true or false, not "${value}"`)
  }
  const number = (fallback: number, ...names: string[]) => {
    const value = text(...names)
    if (value === undefined) return fallback
    const parsed = Number(value)
    if (Number.isFinite(parsed) && parsed >= 0) return parsed
    throw errors.setting(names[0] ?? '', `must be a number that is not negative, not "${value}"`)
  }
  const duration = (name: string) => {
    const value = text(name)
    if (value === undefined) return undefined
    const ms = durationMs(value)
    if (ms === undefined) throw errors.setting(name, `must be a duration such as "24h", not "${value}"`)
    return ms
  }
  const list = (...names: string[]) =>
    (text(...names) ?? '')
      .split(',')
      .map(part => part.trim())
      .filter(part => part !== '')
  const url = (name: string) => {
    const value = required(name)
    if (!URL.canParse(value)) throw errors.setting(name, `must be an absolute URL, not "${value}"`)
    return value.replace(/\/+$/, '')
  }
  const perMail = (prefix: string) =>
    Object.fromEntries(
      mails.flatMap(name => {
        const value = text(`${prefix}${name.toUpperCase()}`)
        return value === undefined ? [] : [[name, value]]
      }),
    )
  const externalUrl = url('API_EXTERNAL_URL')
  const adminRoles = list('GOTRUE_JWT_ADMIN_ROLES')
  const host = text('GOTRUE_SMTP_HOST')
  return Object.freeze({
    databaseUrl: required('GOTRUE_DB_DATABASE_URL', 'DATABASE_URL'),
    maxConnections: Math.max(2, Math.min(number(8, 'GOTRUE_DB_MAX_POOL_SIZE') || 8, 20)),
    externalUrl,
    siteUrl: required('GOTRUE_SITE_URL', 'SITE_URL'),
    uriAllowList: list('GOTRUE_URI_ALLOW_LIST', 'URI_ALLOW_LIST'),
    jwt: {
      secret: required('GOTRUE_JWT_SECRET'),
      keyId: text('GOTRUE_JWT_KEY_ID'),
      issuer: text('GOTRUE_JWT_ISSUER') ?? externalUrl,
      expirySeconds: number(3600, 'GOTRUE_JWT_EXP') || 3600,
      audience: text('GOTRUE_JWT_AUD') ?? 'authenticated',
      defaultRole: text('GOTRUE_JWT_DEFAULT_GROUP_NAME') ?? 'authenticated',
      adminRoles: adminRoles.length > 0 ? adminRoles : ['service_role', 'supabase_admin'],
    },
    disableSignup: flag(false, 'GOTRUE_DISABLE_SIGNUP'),
    email: {
      enabled: flag(true, 'GOTRUE_EXTERNAL_EMAIL_ENABLED'),
      autoconfirm: flag(false, 'GOTRUE_MAILER_AUTOCONFIRM'),
    },
    phone: {
      enabled: flag(false, 'GOTRUE_EXTERNAL_PHONE_ENABLED'),
      autoconfirm: flag(false, 'GOTRUE_SMS_AUTOCONFIRM'),
    },
    anonymousEnabled: flag(false, 'GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED'),
    allowUnverifiedEmail: flag(false, 'GOTRUE_MAILER_ALLOW_UNVERIFIED_EMAIL_SIGN_INS'),
    passwordMinLength: number(6, 'GOTRUE_PASSWORD_MIN_LENGTH') || 6,
    passwordCharacters: characterSets(text('GOTRUE_PASSWORD_REQUIRED_CHARACTERS')),
    refreshReuseMs: number(0, 'GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL') * 1000,
    refreshRotation: flag(true, 'GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED'),
    reauthenticateForPassword: flag(false, 'GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION'),
    sessionTimeboxMs: duration('GOTRUE_SESSIONS_TIMEBOX'),
    sessionInactivityMs: duration('GOTRUE_SESSIONS_INACTIVITY_TIMEOUT'),
    secureEmailChange: flag(true, 'GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED'),
    otpExpirySeconds: number(86_400, 'GOTRUE_MAILER_OTP_EXP') || 86_400,
    otpLength: Math.min(10, Math.max(6, number(6, 'GOTRUE_MAILER_OTP_LENGTH'))),
    mailIntervalMs: duration('GOTRUE_SMTP_MAX_FREQUENCY') ?? 60_000,
    smtp:
      host === undefined
        ? undefined
        : {
            host,
            port: number(587, 'GOTRUE_SMTP_PORT'),
            user: text('GOTRUE_SMTP_USER'),
            password: text('GOTRUE_SMTP_PASS'),
            sender: text('GOTRUE_SMTP_ADMIN_EMAIL') ?? `noreply@${host}`,
            senderName: text('GOTRUE_SMTP_SENDER_NAME'),
          },
    mailSubjects: perMail('GOTRUE_MAILER_SUBJECTS_'),
    mailPaths: perMail('GOTRUE_MAILER_URLPATHS_'),
    externalProviders: Object.keys(env)
      .flatMap(name => /^GOTRUE_EXTERNAL_([A-Z_]+)_ENABLED$/.exec(name)?.[1]?.toLowerCase() ?? [])
      .filter(name => !['email', 'phone', 'anonymous_users'].includes(name))
      .filter(name => flag(false, `GOTRUE_EXTERNAL_${name.toUpperCase()}_ENABLED`)),
  })
}

/** Sets are separated by colons; `\:` is a colon. */
function characterSets(value: string | undefined): string[] {
  return (value ?? '')
    .split(/(?<!\\):/)
    .map(set => set.replaceAll('\\:', ':'))
    .filter(set => set !== '')
}
