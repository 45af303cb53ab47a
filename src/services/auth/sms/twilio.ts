import type { SmsSettings } from '../settings/sms.ts'
import { basic, postForm, required } from './post.ts'
import type { Sms } from './sender.ts'

/** https://www.twilio.com/docs/messaging/api/message-resource */
export async function twilio(settings: SmsSettings, { phone, message, otp, channel }: Sms): Promise<string> {
  const { account, token, service } = access(settings, 'TWILIO')
  const base = settings.baseUrl ?? 'https://api.twilio.com'
  const content = settings.credential('CONTENT_SID')
  const whatsapp = channel === 'whatsapp'
  // A sender may be a messaging service (MG…) or a number.
  const from = whatsapp && !service.startsWith('MG') ? `whatsapp:+${service.replace(/^\+/, '')}` : service
  const answer = await postForm(
    `${base}/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`,
    {
      To: `${whatsapp ? 'whatsapp:' : ''}+${phone}`,
      Channel: channel,
      From: from,
      ...(whatsapp && content !== undefined
        ? { ContentSid: content, ContentVariables: JSON.stringify({ 1: otp }) }
        : { Body: message }),
    },
    basic(account, token),
  )
  const sent = answer as { sid?: string; status?: string; error_message?: string } | undefined
  if (sent?.status === 'failed' || sent?.status === 'undelivered') {
    throw new Error(`twilio error: ${sent.error_message ?? sent.status}`)
  }
  return sent?.sid ?? ''
}

/** https://www.twilio.com/docs/verify/api: Twilio makes the code. */
export async function twilioVerify(settings: SmsSettings, { phone, channel }: Sms): Promise<string> {
  const { account, token, service } = access(settings, 'TWILIO_VERIFY')
  const answer = await postForm(
    `${settings.baseUrl ?? 'https://verify.twilio.com'}/v2/Services/${encodeURIComponent(service)}/Verifications`,
    { To: `+${phone}`, Channel: channel },
    basic(account, token),
  )
  return (answer as { sid?: string } | undefined)?.sid ?? ''
}

export async function twilioVerifyCheck(settings: SmsSettings, phone: string, otp: string): Promise<boolean> {
  const { account, token, service } = access(settings, 'TWILIO_VERIFY')
  const answer = await postForm(
    `${settings.baseUrl ?? 'https://verify.twilio.com'}/v2/Services/${encodeURIComponent(service)}/VerificationCheck`,
    { To: `+${phone}`, Code: otp },
    basic(account, token),
  ).catch(() => undefined)
  return (answer as { status?: string } | undefined)?.status === 'approved'
}

function access({ credential }: SmsSettings, name: string) {
  const read = (rest: string) => required(credential(rest), `GOTRUE_SMS_${name}_${rest}`)
  return {
    account: read('ACCOUNT_SID'),
    token: read('AUTH_TOKEN'),
    service: read('MESSAGE_SERVICE_SID'),
  }
}
