import type { Log } from '#kernel'
import type { SmsProvider, SmsSettings } from '../settings/sms.ts'
import { messagebird, textlocal, vonage } from './other-providers.ts'
import { postJson } from './post.ts'
import { twilio, twilioVerify, twilioVerifyCheck } from './twilio.ts'

export interface Sms {
  /** Digits only, with the country code. */
  readonly phone: string
  readonly message: string
  readonly otp: string
  readonly channel: 'sms' | 'whatsapp'
}

/** The way to phones. */
export interface SmsSender {
  readonly provider: SmsProvider | undefined
  /** Resolves to the provider's id of the message. Rejects with why it was not sent. */
  send(sms: Sms): Promise<string>
  /** Providers that make their own codes check them too; absent: we do. */
  check?(phone: string, otp: string): Promise<boolean>
}

export function createSmsSender(settings: SmsSettings, log: Log): SmsSender {
  const { provider } = settings
  return {
    provider,
    send(sms) {
      switch (provider) {
        case 'twilio':
          return twilio(settings, sms)
        case 'twilio_verify':
          return twilioVerify(settings, sms)
        case 'messagebird':
          return messagebird(settings, sms)
        case 'textlocal':
          return textlocal(settings, sms)
        case 'vonage':
          return vonage(settings, sms)
        case 'http':
          return gateway(settings, sms)
        case 'log':
          // For development: whoever may read the log may read the code.
          log.info({ phone: sms.phone, message: sms.message }, 'auth: message to a phone')
          return Promise.resolve('logged')
        default:
          return Promise.reject(new Error('no SMS provider is set; set GOTRUE_SMS_PROVIDER'))
      }
    },
    ...(provider === 'twilio_verify' && {
      check: (phone: string, otp: string) => twilioVerifyCheck(settings, phone, otp),
    }),
  }
}

/** A gateway of one's own: one JSON object per message. */
async function gateway(settings: SmsSettings, { phone, message, channel }: Sms): Promise<string> {
  if (settings.baseUrl === undefined) throw new Error('GOTRUE_SMS_HTTP_URL is not set')
  const token = settings.credential('TOKEN')
  const answer = await postJson(
    settings.baseUrl,
    { to: `+${phone}`, message, channel },
    token === undefined ? {} : { authorization: `Bearer ${token}` },
  )
  const id = (answer as { id?: unknown } | undefined)?.id
  return typeof id === 'string' ? id : ''
}
