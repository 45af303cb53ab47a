import type { Reader } from './reader.ts'

export type FactorKind = 'totp' | 'phone' | 'webauthn'

export interface MfaSettings {
  readonly kinds: Readonly<Record<FactorKind, { readonly enroll: boolean; readonly verify: boolean }>>
  readonly challengeLifeMs: number
  /** An unverified factor is gone after this. */
  readonly factorLifeMs: number
  readonly maxEnrolled: number
  readonly maxVerified: number
  readonly phone: { readonly otpLength: number; readonly intervalMs: number; readonly template: string }
  readonly webauthn: {
    /** Undefined: what the client names, when it is the site's host or one above it. */
    readonly rpId: string | undefined
    readonly rpName: string
    readonly rpOrigins: readonly string[]
  }
  readonly passkeys: {
    readonly enabled: boolean
    readonly maxPerUser: number
    readonly challengeLifeMs: number
  }
}

export function readMfaSettings(read: Reader, siteUrl: string): MfaSettings {
  const kind = (name: string, fallback: boolean) => ({
    enroll: read.flag(fallback, `GOTRUE_MFA_${name}_ENROLL_ENABLED`),
    verify: read.flag(fallback, `GOTRUE_MFA_${name}_VERIFY_ENABLED`),
  })
  return {
    kinds: {
      totp: kind('TOTP', true),
      phone: kind('PHONE', false),
      webauthn: {
        enroll: read.flag(false, 'GOTRUE_MFA_WEB_AUTHN_ENROLL_ENABLED', 'GOTRUE_MFA_WEBAUTHN_ENROLL_ENABLED'),
        verify: read.flag(false, 'GOTRUE_MFA_WEB_AUTHN_VERIFY_ENABLED', 'GOTRUE_MFA_WEBAUTHN_VERIFY_ENABLED'),
      },
    },
    challengeLifeMs: Math.max(300, read.number(300, 'GOTRUE_MFA_CHALLENGE_EXPIRY_DURATION')) * 1000,
    factorLifeMs: Math.max(300_000, read.duration('GOTRUE_MFA_FACTOR_EXPIRY_DURATION') ?? 300_000),
    maxEnrolled: read.number(10, 'GOTRUE_MFA_MAX_ENROLLED_FACTORS'),
    maxVerified: read.number(10, 'GOTRUE_MFA_MAX_VERIFIED_FACTORS'),
    phone: {
      otpLength: otpLength(read.number(6, 'GOTRUE_MFA_PHONE_OTP_LENGTH')),
      intervalMs: read.duration('GOTRUE_MFA_PHONE_MAX_FREQUENCY') ?? 60_000,
      template: read.text('GOTRUE_MFA_PHONE_TEMPLATE') ?? 'Your code is {{ .Code }}',
    },
    webauthn: {
      rpId: read.text('GOTRUE_WEBAUTHN_RP_ID'),
      rpName: read.text('GOTRUE_WEBAUTHN_RP_DISPLAY_NAME') ?? hostOf(siteUrl),
      rpOrigins: read.list('GOTRUE_WEBAUTHN_RP_ORIGINS'),
    },
    passkeys: {
      enabled: read.flag(false, 'GOTRUE_PASSKEY_ENABLED'),
      maxPerUser: read.number(10, 'GOTRUE_PASSKEY_MAX_PASSKEYS_PER_USER'),
      challengeLifeMs: read.duration('GOTRUE_WEBAUTHN_CHALLENGE_EXPIRY_DURATION') ?? 300_000,
    },
  }
}

/** Six digits unless six to ten are asked for. */
export function otpLength(wanted: number): number {
  return wanted >= 6 && wanted <= 10 ? Math.floor(wanted) : 6
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}
