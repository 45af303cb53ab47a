import type { SmsSettings } from '../settings/sms.ts'
import { postForm, required } from './post.ts'
import type { Sms } from './sender.ts'

/** https://developers.messagebird.com/api/sms-messaging */
export async function messagebird(settings: SmsSettings, { phone, message }: Sms): Promise<string> {
  const key = required(settings.credential('ACCESS_KEY'), 'GOTRUE_SMS_MESSAGEBIRD_ACCESS_KEY')
  const answer = await postForm(
    `${settings.baseUrl ?? 'https://rest.messagebird.com'}/messages`,
    {
      originator: required(settings.credential('ORIGINATOR'), 'GOTRUE_SMS_MESSAGEBIRD_ORIGINATOR'),
      body: message,
      recipients: phone,
      type: 'sms',
      datacoding: 'unicode',
    },
    { authorization: `AccessKey ${key}` },
  )
  const sent = answer as
    | { id?: string; recipients?: { totalSentCount?: number }; errors?: { description?: string }[] }
    | undefined
  if (sent?.recipients?.totalSentCount === 0) {
    throw new Error(`messagebird error: ${sent.errors?.[0]?.description ?? 'not sent'}`)
  }
  return sent?.id ?? ''
}

/** https://api.txtlocal.com/docs/sendsms */
export async function textlocal(settings: SmsSettings, { phone, message }: Sms): Promise<string> {
  const answer = await postForm(`${settings.baseUrl ?? 'https://api.textlocal.in'}/send`, {
    sender: required(settings.credential('SENDER'), 'GOTRUE_SMS_TEXTLOCAL_SENDER'),
    apikey: required(settings.credential('API_KEY'), 'GOTRUE_SMS_TEXTLOCAL_API_KEY'),
    message,
    numbers: phone,
  })
  const sent = answer as
    | { status?: string; messages?: { id?: string }[]; errors?: { message?: string; code?: number }[] }
    | undefined
  if (sent?.status !== 'success') {
    throw new Error(`textlocal error: ${sent?.errors?.[0]?.message ?? 'not sent'}`)
  }
  return sent.messages?.[0]?.id ?? ''
}

/** https://developer.vonage.com/en/api/sms */
export async function vonage(settings: SmsSettings, { phone, message }: Sms): Promise<string> {
  const answer = await postForm(`${settings.baseUrl ?? 'https://rest.nexmo.com'}/sms/json`, {
    from: required(settings.credential('FROM'), 'GOTRUE_SMS_VONAGE_FROM'),
    to: phone,
    text: message,
    api_key: required(settings.credential('API_KEY'), 'GOTRUE_SMS_VONAGE_API_KEY'),
    api_secret: required(settings.credential('API_SECRET'), 'GOTRUE_SMS_VONAGE_API_SECRET'),
    type: [...message].every(letter => letter.charCodeAt(0) < 128) ? 'text' : 'unicode',
  })
  const first = (
    answer as { messages?: { status?: string; 'message-id'?: string; 'error-text'?: string }[] } | undefined
  )?.messages?.[0]
  if (first?.status !== '0') throw new Error(`vonage error: ${first?.['error-text'] ?? 'not sent'}`)
  return first['message-id'] ?? ''
}
