import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { hasHook, runHook } from '../hooks/hooks.ts'
import type { UserRow } from '../users/rows.ts'
import { updateUser } from '../users/store.ts'
import { viewUser } from '../users/view.ts'
import { hashOtp, newOtp, saveOneTimeToken } from '../verify/one-time-tokens.ts'

/** Which columns hold the code and the time of each kind. */
const places = {
  confirmation: { token: 'confirmation_token', sentAt: 'confirmation_sent_at' },
  phone_change: { token: 'phone_change_token', sentAt: 'phone_change_sent_at' },
  reauthentication: { token: 'reauthentication_token', sentAt: 'reauthentication_sent_at' },
} as const

export type CodeKind = keyof typeof places
export type Channel = 'sms' | 'whatsapp'

/** Throws validation_failed for a channel that the provider does not have. */
export function channelOf(call: Call, wanted: string): Channel {
  const channel = wanted === '' ? 'sms' : wanted
  const whatsapp = call.sms.provider?.startsWith('twilio') || hasHook(call, 'send_sms')
  if (channel === 'sms' || (channel === 'whatsapp' && whatsapp)) return channel
  throw errors.badChannel()
}

/**
 * Makes a code, sends it to the number and returns the row that remembers it, with the provider's id of the message.
 * Throws over_sms_send_rate_limit when the last is fresh, sms_send_failed when it cannot be sent. Numbers with a test code get no message.
 */
export async function sendCode(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  kind: CodeKind,
  phone: string,
  channel: Channel,
): Promise<{ readonly user: UserRow; readonly messageId: string }> {
  const place = places[kind]
  const test = testCodeOf(call, phone)
  checkInterval(call, user[place.sentAt], call.settings.sms.intervalMs)
  const otp = test ?? newOtp(call.settings.sms.otpLength)
  const messageId =
    test === undefined
      ? await deliver(call, transaction, user, {
          phone,
          otp,
          channel,
          kind,
          template: call.settings.sms.template,
        })
      : 'test-otp'
  const hash = hashOtp(call, phone, otp)
  await saveOneTimeToken(transaction, user.id, place.token, hash, phone)
  const changed = await updateUser(transaction, user.id, {
    [place.token]: hash,
    [place.sentAt]: new Date(call.clock.now()),
    ...(kind === 'phone_change' && { phone_change: phone }),
  })
  return { user: changed, messageId }
}

export function checkInterval(call: Call, last: Date | null, intervalMs: number): void {
  if (last === null) return
  const leftMs = last.getTime() + intervalMs - call.clock.now()
  if (leftMs > 0) throw errors.tooSoon('sms', Math.ceil(leftMs / 1000))
}

export function testCodeOf(call: Call, phone: string): string | undefined {
  const { testCodes, testCodesUntilMs } = call.settings.sms
  if (testCodesUntilMs !== undefined && call.clock.now() >= testCodesUntilMs) return undefined
  return testCodes.get(phone)
}

/** By the hook when there is one, else by the provider. */
export async function deliver(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  message: {
    readonly phone: string
    readonly otp: string
    readonly channel: Channel
    readonly kind: CodeKind | 'mfa'
    readonly template: string
  },
): Promise<string> {
  const { phone, otp, channel, kind, template } = message
  call.limits.sending('sms')
  if (hasHook(call, 'send_sms')) {
    await runHook(call, transaction, 'send_sms', {
      user: await viewUser(transaction, user),
      sms: { otp, phone, ...(kind === 'mfa' && { sms_type: 'mfa' }) },
    })
    return ''
  }
  try {
    const text = template.replaceAll(/\{\{-?\s*\.Code\s*-?\}\}/g, otp)
    return await call.sms.send({ phone, message: text, otp, channel })
  } catch (error) {
    throw errors.smsNotSent(kind, error)
  }
}
