import type { FastifyRequest } from '#http'
import type { Clock } from '#kernel'
import { errors } from '../errors.ts'
import type { LimitSettings } from '../settings/limits.ts'
import { Buckets, Window } from './buckets.ts'

/** What is counted apart from each other. */
export type Limited =
  | 'anonymous'
  | 'signup'
  | 'recover'
  | 'resend'
  | 'magiclink'
  | 'otp'
  | 'user'
  | 'token'
  | 'verify'
  | 'factor_verify'
  | 'factor_challenge'
  | 'sso'
  | 'saml_assertion'
  | 'passkey'
  | 'oauth_register'
  | 'web3'

/** How often something may happen, per client address and for the whole service. */
export interface Limits {
  /** Throws over_request_rate_limit when the client's address did this too often. Without GOTRUE_RATE_LIMIT_HEADER nobody is counted. */
  check(request: FastifyRequest, what: Limited): void
  /** Throws over_email_send_rate_limit or over_sms_send_rate_limit. */
  sending(what: 'email' | 'sms'): void
  /**
   * Runs `work`, which checks a code. Throws over_request_rate_limit when codes were guessed wrong too often for this address, phone or
   * factor. A guess is counted before it is checked, so that many at once are as many; one that was right costs nothing.
   */
  guess<T>(whose: string, work: () => Promise<T>, isWrong: (error: unknown) => boolean): Promise<T>
}

const burst = 30
const fiveMinutes = 300

export function createLimits(settings: LimitSettings, clock: Clock): Limits {
  const bucket = (events: number, seconds: number, size = burst) =>
    new Buckets({ perSecond: events / seconds, burst: size })
  const buckets: Readonly<Record<Limited, Buckets>> = {
    anonymous: bucket(settings.anonymous, 3600, settings.anonymous),
    signup: bucket(settings.otp, fiveMinutes),
    recover: bucket(settings.otp, fiveMinutes),
    resend: bucket(settings.otp, fiveMinutes),
    magiclink: bucket(settings.otp, fiveMinutes),
    otp: bucket(settings.otp, fiveMinutes),
    user: bucket(settings.otp, fiveMinutes),
    token: bucket(settings.tokens, fiveMinutes),
    verify: bucket(settings.verify, fiveMinutes),
    factor_verify: bucket(settings.mfa, 60),
    factor_challenge: bucket(settings.mfa, 60),
    sso: bucket(settings.sso, fiveMinutes),
    saml_assertion: bucket(settings.samlAssertion, fiveMinutes),
    passkey: bucket(settings.passkey, fiveMinutes),
    oauth_register: bucket(settings.oauthRegister, fiveMinutes),
    web3: bucket(settings.web3, fiveMinutes),
  }
  const sent = { email: new Window(settings.emails), sms: new Window(settings.sms) }
  // Six digits stand up to 30 guesses per five minutes, and to nothing more.
  const guesses = bucket(30, fiveMinutes)
  return {
    check(request, what) {
      const key = addressOf(request, settings)
      if (key !== undefined && !buckets[what].take(key, clock.now())) throw errors.overRequestLimit()
    },
    sending(what) {
      if (!sent[what].take(clock.now())) throw errors.overSendLimit(what)
    },
    async guess(whose, work, isWrong) {
      if (!guesses.take(whose, clock.now())) throw errors.overRequestLimit()
      try {
        const result = await work()
        guesses.giveBack(whose)
        return result
      } catch (error) {
        if (!isWrong(error)) guesses.giveBack(whose)
        throw error
      }
    },
  }
}

/** The client's address by the header that the settings trust. */
function addressOf(request: FastifyRequest, settings: LimitSettings): string | undefined {
  const read = (name: string) => {
    const value = request.headers[name]
    return (Array.isArray(value) ? value[0] : value)?.split(',')[0]?.trim() || undefined
  }
  const forwarded = settings.believeForwardedFor ? read('sb-forwarded-for') : undefined
  return (forwarded ?? (settings.header === undefined ? undefined : read(settings.header)))?.slice(0, 64)
}
