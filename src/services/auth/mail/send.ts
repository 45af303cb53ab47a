import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { UserChanges, UserRow } from '../users/rows.ts'
import { updateUser } from '../users/store.ts'
import { type Flow, startFlow } from '../verify/flows.ts'
import {
  hashOtp,
  newOtp,
  type OneTimeTokenType,
  pkcePrefix,
  saveOneTimeToken,
} from '../verify/one-time-tokens.ts'
import { actionLink } from './links.ts'
import { type MailKind, renderMail } from './templates.ts'

export interface SendOptions {
  readonly flow: Flow | undefined
  readonly redirectTo: string
}

/** Which columns hold the token and the time of each kind of email. */
const places = {
  confirmation: { token: 'confirmation_token', sentAt: 'confirmation_sent_at', method: 'email/signup' },
  invite: { token: 'confirmation_token', sentAt: 'confirmation_sent_at', method: 'invite' },
  recovery: { token: 'recovery_token', sentAt: 'recovery_sent_at', method: 'recovery' },
  magic_link: { token: 'recovery_token', sentAt: 'recovery_sent_at', method: 'magiclink' },
  reauthentication: { token: 'reauthentication_token', sentAt: 'reauthentication_sent_at', method: 'otp' },
} as const

/** Makes a one-time token, sends it, and returns the row that remembers it. Throws over_email_send_rate_limit when the last is fresh. */
export async function sendMail(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  kind: Exclude<MailKind, 'email_change'>,
  { flow, redirectTo }: SendOptions,
): Promise<UserRow> {
  const place = places[kind]
  const address = user.email ?? ''
  if (kind !== 'invite') checkInterval(call, user[place.sentAt])
  const otp = newOtp(call.settings.otpLength)
  const hash = (flow ? pkcePrefix : '') + hashOtp(address, otp)
  if (flow) await startFlow(transaction, user.id, flow, place.method)
  const link = kind === 'reauthentication' ? {} : { link: actionLink(call, kind, hash, redirectTo) }
  await deliver(call, kind, address, { ...link, otp })
  await saveOneTimeToken(transaction, user.id, place.token, hash, address)
  const now = new Date(call.clock.now())
  return updateUser(transaction, user.id, {
    [place.token]: hash,
    [place.sentAt]: now,
    ...(kind === 'invite' ? { invited_at: now } : {}),
  })
}

/** Asks the new address and, when both must agree, the present one. */
export async function sendEmailChange(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  newEmail: string,
  { flow, redirectTo }: SendOptions,
): Promise<UserRow> {
  checkInterval(call, user.email_change_sent_at)
  if (flow) await startFlow(transaction, user.id, flow, 'email_change')
  const ask = async (type: OneTimeTokenType, address: string) => {
    const otp = newOtp(call.settings.otpLength)
    const hash = (flow ? pkcePrefix : '') + hashOtp(address, otp)
    await saveOneTimeToken(transaction, user.id, type, hash, address)
    await deliver(call, 'email_change', address, {
      link: actionLink(call, 'email_change', hash, redirectTo),
      otp,
    })
    return hash
  }
  const changes: UserChanges = {
    email_change: newEmail,
    email_change_sent_at: new Date(call.clock.now()),
    email_change_confirm_status: 0,
    email_change_token_new: await ask('email_change_token_new', newEmail),
  }
  const both = call.settings.secureEmailChange && user.email
  return updateUser(transaction, user.id, {
    ...changes,
    email_change_token_current: both ? await ask('email_change_token_current', user.email ?? '') : '',
  })
}

function checkInterval(call: Call, last: Date | null): void {
  if (last === null) return
  const leftMs = last.getTime() + call.settings.mailIntervalMs - call.clock.now()
  if (leftMs > 0) throw errors.tooSoon(Math.ceil(leftMs / 1000))
}

async function deliver(
  call: Call,
  kind: MailKind,
  to: string,
  values: { readonly link?: string; readonly otp: string },
): Promise<void> {
  call.mailer.require()
  try {
    await call.mailer.send({ to, ...renderMail(kind, values, call.settings.mailSubjects[kind]) })
  } catch (error) {
    throw errors.mailFailed(kind.replace('_', ' '), error)
  }
}
