import { errors } from '../errors.ts'
import { otpLength } from './mfa.ts'
import type { Reader } from './reader.ts'

export const smsProviders = [
  'twilio',
  'twilio_verify',
  'messagebird',
  'textlocal',
  'vonage',
  'http',
  'log',
] as const
export type SmsProvider = (typeof smsProviders)[number]

export interface SmsSettings {
  /** Undefined: no code can be sent, except test codes and by hook. */
  readonly provider: SmsProvider | undefined
  /** Go template with `{{ .Code }}`. */
  readonly template: string
  readonly otpLength: number
  readonly otpExpirySeconds: number
  /** The shortest time between two messages to one user. */
  readonly intervalMs: number
  /** Codes of phones (digits only) that get no message. */
  readonly testCodes: ReadonlyMap<string, string>
  /** Milliseconds since 1970 after which test codes do not hold; undefined: never. */
  readonly testCodesUntilMs: number | undefined
  /** Where the provider is; for tests and for gateways of one's own. */
  readonly baseUrl: string | undefined
  /** GOTRUE_SMS_<PROVIDER>_*, by the rest of the name. */
  readonly credential: (name: string) => string | undefined
}

export function readSmsSettings(read: Reader): SmsSettings {
  const provider = read.text('GOTRUE_SMS_PROVIDER')
  if (provider !== undefined && !smsProviders.includes(provider as SmsProvider)) {
    throw errors.setting(
      'GOTRUE_SMS_PROVIDER',
      `must be one of ${smsProviders.join(', ')}, not "${provider}"`,
    )
  }
  const until = read.text('GOTRUE_SMS_TEST_OTP_VALID_UNTIL')
  if (until !== undefined && Number.isNaN(Date.parse(until))) {
    throw errors.setting(
      'GOTRUE_SMS_TEST_OTP_VALID_UNTIL',
      `must be a time such as 2030-01-01T00:00:00Z, not "${until}"`,
    )
  }
  const prefix = `GOTRUE_SMS_${(provider ?? '').toUpperCase()}_`
  return {
    provider: provider as SmsProvider | undefined,
    template: read.text('GOTRUE_SMS_TEMPLATE') ?? 'Your code is {{ .Code }}',
    otpLength: otpLength(read.number(6, 'GOTRUE_SMS_OTP_LENGTH')),
    otpExpirySeconds: read.number(60, 'GOTRUE_SMS_OTP_EXP') || 60,
    intervalMs: read.duration('GOTRUE_SMS_MAX_FREQUENCY') ?? 60_000,
    testCodes: new Map(
      [...read.map('GOTRUE_SMS_TEST_OTP')].map(([phone, code]) => [phone.replace(/^\+/, ''), code]),
    ),
    testCodesUntilMs: until === undefined ? undefined : Date.parse(until),
    baseUrl: read.url(`${prefix}BASE_URL`) ?? read.url(`${prefix}URL`),
    credential: name => read.text(prefix + name),
  }
}
