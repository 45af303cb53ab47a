import { durationMs } from '../durations.ts'
import { errors } from '../errors.ts'
import type { Reader } from './reader.ts'

/** Requests per time; undefined in `header`: nobody is counted by address. */
export interface LimitSettings {
  /** The request header that holds the client's address, as the gateway sets it. */
  readonly header: string | undefined
  /** A further header's setting: Sb-Forwarded-For is believed. */
  readonly believeForwardedFor: boolean
  readonly anonymous: number
  readonly tokens: number
  readonly verify: number
  readonly otp: number
  readonly mfa: number
  readonly sso: number
  readonly samlAssertion: number
  readonly passkey: number
  readonly oauthRegister: number
  readonly web3: number
  /** Of the whole service. */
  readonly emails: Rate
  readonly sms: Rate
}

export interface Rate {
  readonly events: number
  readonly windowMs: number
}

export function readLimitSettings(read: Reader): LimitSettings {
  return {
    header: read.text('GOTRUE_RATE_LIMIT_HEADER')?.toLowerCase(),
    believeForwardedFor: read.flag(false, 'GOTRUE_SECURITY_SB_FORWARDED_FOR_ENABLED'),
    anonymous: read.number(30, 'GOTRUE_RATE_LIMIT_ANONYMOUS_USERS'),
    tokens: read.number(150, 'GOTRUE_RATE_LIMIT_TOKEN_REFRESH'),
    verify: read.number(30, 'GOTRUE_RATE_LIMIT_VERIFY'),
    otp: read.number(30, 'GOTRUE_RATE_LIMIT_OTP'),
    mfa: read.number(15, 'GOTRUE_MFA_RATE_LIMIT_CHALLENGE_AND_VERIFY'),
    sso: read.number(30, 'GOTRUE_RATE_LIMIT_SSO'),
    samlAssertion: read.number(15, 'GOTRUE_SAML_RATE_LIMIT_ASSERTION'),
    passkey: read.number(30, 'GOTRUE_RATE_LIMIT_PASSKEY'),
    oauthRegister: read.number(10, 'GOTRUE_RATE_LIMIT_OAUTH_DYNAMIC_CLIENT_REGISTER'),
    web3: read.number(30, 'GOTRUE_RATE_LIMIT_WEB3'),
    emails: rate(read, 'GOTRUE_RATE_LIMIT_EMAIL_SENT'),
    sms: rate(read, 'GOTRUE_RATE_LIMIT_SMS_SENT'),
  }
}

/** A number is per hour; `30/1h` says over which time. */
function rate(read: Reader, name: string): Rate {
  const text = read.text(name) ?? '30'
  const [events = '', window = '1h'] = text.split('/')
  const windowMs = durationMs(window)
  if (!/^\d+(\.\d+)?$/.test(events) || !windowMs) {
    throw errors.setting(name, `must be a number per hour, or such as 30/1h, not "${text}"`)
  }
  return { events: Number(events), windowMs }
}
