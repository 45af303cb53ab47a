import type { ServiceContext } from '#http'
import { errors } from '../errors.ts'
import { type ExternalSettings, readExternalSettings } from './external.ts'
import { type HookSettings, readHookSettings } from './hooks.ts'
import { type JwtSettings, readJwtSettings } from './jwt.ts'
import { type LimitSettings, readLimitSettings } from './limits.ts'
import { type MfaSettings, otpLength, readMfaSettings } from './mfa.ts'
import { type OAuthServerSettings, readOAuthServerSettings } from './oauth-server.ts'
import { type Reader, readerOf } from './reader.ts'
import { readSamlSettings, type SamlSettings } from './saml.ts'
import { readSmsSettings, type SmsSettings } from './sms.ts'
import { readWeb3Settings, type Web3Settings } from './web3.ts'

export interface SmtpSettings {
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly password: string | undefined
  readonly sender: string
  readonly senderName: string | undefined
}

export interface CaptchaSettings {
  readonly provider: 'hcaptcha' | 'turnstile'
  readonly secret: string
  readonly timeoutMs: number
  readonly verifyUrl: string
}

export interface PasswordSettings {
  readonly minLength: number
  /** Each set of characters must be there at least once. */
  readonly characters: readonly string[]
  /** Where leaked passwords are looked up (the range API of haveibeenpwned); undefined: they are not. */
  readonly pwnedUrl: string | undefined
  /** Whether a password counts as leaked when nobody can say. */
  readonly pwnedFailClosed: boolean
}

export interface AuthSettings {
  readonly databaseUrl: string
  readonly maxConnections: number
  /** Where clients reach this service, without a slash at the end. */
  readonly externalUrl: string
  readonly siteUrl: string
  readonly uriAllowList: readonly string[]
  readonly corsHeaders: readonly string[]
  readonly jwt: JwtSettings
  readonly disableSignup: boolean
  readonly email: {
    readonly enabled: boolean
    readonly autoconfirm: boolean
    readonly magicLink: boolean
    /** Not empty: only these get email. */
    readonly authorized: readonly string[]
  }
  readonly phone: { readonly enabled: boolean; readonly autoconfirm: boolean }
  readonly sms: SmsSettings
  readonly anonymousEnabled: boolean
  readonly allowUnverifiedEmail: boolean
  readonly password: PasswordSettings
  readonly refreshReuseMs: number
  readonly refreshRotation: boolean
  readonly reauthenticateForPassword: boolean
  readonly currentPasswordForPassword: boolean
  readonly manualLinking: boolean
  readonly sessionTimeboxMs: number | undefined
  readonly sessionInactivityMs: number | undefined
  /** Only the newest session of a user may be refreshed; with tags, the newest of each tag. */
  readonly sessionSinglePerUser: boolean
  readonly sessionTags: readonly string[]
  /** How long a user with a verified factor may stay at aal1; undefined: for ever. */
  readonly sessionLowAalMs: number | undefined
  readonly secureEmailChange: boolean
  readonly otpExpirySeconds: number
  readonly otpLength: number
  /** The shortest time between two emails of a kind to one user. */
  readonly mailIntervalMs: number
  readonly smtp: SmtpSettings | undefined
  readonly mailSubjects: Readonly<Record<string, string>>
  readonly mailPaths: Readonly<Record<string, string>>
  /** URLs of templates; a relative one is below the site. */
  readonly mailTemplates: Readonly<Record<string, string>>
  /** Which changes of an account its owner is told by email, by the name of the template. */
  readonly mailNotifications: ReadonlySet<string>
  readonly web3: Web3Settings
  readonly external: ReadonlyMap<string, ExternalSettings>
  /** Issuers besides the providers' own whose id tokens are taken. */
  readonly idTokenIssuers: readonly string[]
  readonly iosBundleId: string | undefined
  readonly flowLifeMs: number
  readonly mfa: MfaSettings
  readonly hooks: HookSettings
  readonly limits: LimitSettings
  readonly saml: SamlSettings | undefined
  readonly oauthServer: OAuthServerSettings
  readonly captcha: CaptchaSettings | undefined
  readonly auditToDatabase: boolean
}

const mails = [
  'confirmation',
  'invite',
  'recovery',
  'magic_link',
  'email_change',
  'reauthentication',
  'password_changed_notification',
  'email_changed_notification',
  'phone_changed_notification',
  'identity_linked_notification',
  'identity_unlinked_notification',
  'mfa_factor_enrolled_notification',
  'mfa_factor_unenrolled_notification',
]

/** Reads the variables of `supabase/gotrue`. Throws a user error that names the variable and the rule. */
export function readSettings(env: ServiceContext['env']): AuthSettings {
  const read = readerOf(env)
  read.required('API_EXTERNAL_URL')
  const externalUrl = read.url('API_EXTERNAL_URL') ?? ''
  const siteUrl = read.required('GOTRUE_SITE_URL', 'SITE_URL')
  const issuers = read.list('GOTRUE_EXTERNAL_ALLOWED_ID_TOKEN_ISSUERS')
  return Object.freeze({
    databaseUrl: read.required('GOTRUE_DB_DATABASE_URL', 'DATABASE_URL'),
    maxConnections: Math.max(2, Math.min(read.number(8, 'GOTRUE_DB_MAX_POOL_SIZE') || 8, 20)),
    externalUrl,
    siteUrl,
    uriAllowList: read.list('GOTRUE_URI_ALLOW_LIST', 'URI_ALLOW_LIST'),
    corsHeaders: read.list('GOTRUE_CORS_ALLOWED_HEADERS'),
    jwt: readJwtSettings(read, externalUrl),
    disableSignup: read.flag(false, 'GOTRUE_DISABLE_SIGNUP'),
    email: {
      enabled: read.flag(true, 'GOTRUE_EXTERNAL_EMAIL_ENABLED'),
      autoconfirm: read.flag(false, 'GOTRUE_MAILER_AUTOCONFIRM'),
      magicLink: read.flag(true, 'GOTRUE_EXTERNAL_EMAIL_MAGIC_LINK_ENABLED'),
      authorized: read.list('GOTRUE_EXTERNAL_EMAIL_AUTHORIZED_ADDRESSES').map(one => one.toLowerCase()),
    },
    phone: {
      enabled: read.flag(false, 'GOTRUE_EXTERNAL_PHONE_ENABLED'),
      autoconfirm: read.flag(false, 'GOTRUE_SMS_AUTOCONFIRM'),
    },
    sms: readSmsSettings(read),
    anonymousEnabled: read.flag(false, 'GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED'),
    allowUnverifiedEmail: read.flag(false, 'GOTRUE_MAILER_ALLOW_UNVERIFIED_EMAIL_SIGN_INS'),
    password: {
      minLength: Math.max(6, read.number(6, 'GOTRUE_PASSWORD_MIN_LENGTH')),
      characters: characterSets(read.text('GOTRUE_PASSWORD_REQUIRED_CHARACTERS')),
      pwnedUrl: read.flag(false, 'GOTRUE_PASSWORD_HIBP_ENABLED')
        ? (read.url('GOTRUE_PASSWORD_HIBP_BASE_URL') ?? 'https://api.pwnedpasswords.com')
        : undefined,
      pwnedFailClosed: read.flag(false, 'GOTRUE_PASSWORD_HIBP_FAIL_CLOSED'),
    },
    refreshReuseMs: read.number(0, 'GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL') * 1000,
    refreshRotation: read.flag(true, 'GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED'),
    reauthenticateForPassword: read.flag(false, 'GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION'),
    currentPasswordForPassword: read.flag(false, 'GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_CURRENT_PASSWORD'),
    manualLinking: read.flag(false, 'GOTRUE_SECURITY_MANUAL_LINKING_ENABLED'),
    sessionTimeboxMs: read.duration('GOTRUE_SESSIONS_TIMEBOX'),
    sessionInactivityMs: read.duration('GOTRUE_SESSIONS_INACTIVITY_TIMEOUT'),
    sessionSinglePerUser: read.flag(false, 'GOTRUE_SESSIONS_SINGLE_PER_USER'),
    sessionTags: read.list('GOTRUE_SESSIONS_TAGS'),
    sessionLowAalMs: read.duration('GOTRUE_SESSIONS_ALLOW_LOW_AAL'),
    secureEmailChange: read.flag(true, 'GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED'),
    otpExpirySeconds: read.number(86_400, 'GOTRUE_MAILER_OTP_EXP') || 86_400,
    otpLength: otpLength(read.number(6, 'GOTRUE_MAILER_OTP_LENGTH')),
    mailIntervalMs: read.duration('GOTRUE_SMTP_MAX_FREQUENCY') ?? 60_000,
    smtp: readSmtp(read),
    mailSubjects: perMail(read, 'GOTRUE_MAILER_SUBJECTS_'),
    mailPaths: perMail(read, 'GOTRUE_MAILER_URLPATHS_'),
    mailTemplates: perMail(read, 'GOTRUE_MAILER_TEMPLATES_'),
    mailNotifications: new Set(
      mails.filter(name =>
        read.flag(
          false,
          `GOTRUE_MAILER_NOTIFICATIONS_${name.toUpperCase().replace('_NOTIFICATION', '')}_ENABLED`,
        ),
      ),
    ),
    external: readExternalSettings(read),
    web3: readWeb3Settings(read),
    idTokenIssuers:
      issuers.length > 0 ? issuers : ['https://appleid.apple.com', 'https://accounts.google.com'],
    iosBundleId: read.text('GOTRUE_EXTERNAL_IOS_BUNDLE_ID'),
    flowLifeMs: Math.max(300_000, read.duration('GOTRUE_EXTERNAL_FLOW_STATE_EXPIRY_DURATION') ?? 300_000),
    mfa: readMfaSettings(read, siteUrl),
    hooks: readHookSettings(read),
    limits: readLimitSettings(read),
    saml: readSamlSettings(read, externalUrl),
    oauthServer: readOAuthServerSettings(read),
    captcha: readCaptcha(read),
    auditToDatabase: !read.flag(false, 'GOTRUE_AUDIT_LOG_DISABLE_POSTGRES'),
  })
}

function readSmtp(read: Reader): SmtpSettings | undefined {
  const host = read.text('GOTRUE_SMTP_HOST')
  if (host === undefined) return undefined
  return {
    host,
    port: read.number(587, 'GOTRUE_SMTP_PORT'),
    user: read.text('GOTRUE_SMTP_USER'),
    password: read.text('GOTRUE_SMTP_PASS'),
    sender: read.text('GOTRUE_SMTP_ADMIN_EMAIL') ?? `noreply@${host}`,
    senderName: read.text('GOTRUE_SMTP_SENDER_NAME'),
  }
}

function readCaptcha(read: Reader): CaptchaSettings | undefined {
  if (!read.flag(false, 'GOTRUE_SECURITY_CAPTCHA_ENABLED')) return undefined
  const provider = read.text('GOTRUE_SECURITY_CAPTCHA_PROVIDER') ?? 'hcaptcha'
  if (provider !== 'hcaptcha' && provider !== 'turnstile') {
    throw errors.setting(
      'GOTRUE_SECURITY_CAPTCHA_PROVIDER',
      `must be hcaptcha or turnstile, not "${provider}"`,
    )
  }
  const usual = {
    hcaptcha: 'https://hcaptcha.com/siteverify',
    turnstile: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
  }[provider]
  return {
    provider,
    secret: read.required('GOTRUE_SECURITY_CAPTCHA_SECRET', 'GOTRUE_SECURITY_CAPTCHA_PROVIDER_SECRET').trim(),
    timeoutMs: read.duration('GOTRUE_SECURITY_CAPTCHA_TIMEOUT') ?? 10_000,
    verifyUrl: read.url('GOTRUE_SECURITY_CAPTCHA_VERIFY_URL') ?? usual,
  }
}

function perMail(read: Reader, prefix: string): Record<string, string> {
  return Object.fromEntries(
    mails.flatMap(name => {
      const value = read.text(`${prefix}${name.toUpperCase()}`)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** Sets are separated by colons; `\:` is a colon. */
function characterSets(value: string | undefined): string[] {
  return (value ?? '')
    .split(/(?<!\\):/)
    .map(set => set.replaceAll('\\:', ':'))
    .filter(set => set !== '')
}
