import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { AuthError, errors } from '../errors.ts'
import { hasHook, runHook } from '../hooks/hooks.ts'
import type { UserChanges, UserRow } from '../users/rows.ts'
import { updateUser } from '../users/store.ts'
import { viewUser } from '../users/view.ts'
import { type Flow, startFlow } from '../verify/flows.ts'
import {
  hashOtp,
  newOtp,
  type OneTimeTokenType,
  pkcePrefix,
  saveOneTimeToken,
} from '../verify/one-time-tokens.ts'
import { actionLink } from './links.ts'
import { type MailKind, verificationTypes } from './templates.ts'

export interface SendOptions {
  readonly flow: Flow | undefined
  readonly redirectTo: string
}

/** A code and what is kept of it. */
interface Token {
  readonly to: string
  readonly otp: string
  readonly hash: string
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
  if (kind !== 'invite') checkInterval(call, user[place.sentAt])
  const token = newToken(call, user.email ?? '', flow)
  if (flow) await startFlow(transaction, user.id, flow, place.method)
  await deliver(call, transaction, user, kind, redirectTo, [token])
  await saveOneTimeToken(transaction, user.id, place.token, token.hash, token.to)
  const now = new Date(call.clock.now())
  return updateUser(transaction, user.id, {
    [place.token]: token.hash,
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
  const toNew = newToken(call, newEmail, flow)
  const toCurrent =
    call.settings.secureEmailChange && user.email ? newToken(call, user.email, flow) : undefined
  const save = (type: OneTimeTokenType, { hash, to }: Token) =>
    saveOneTimeToken(transaction, user.id, type, hash, to)
  await save('email_change_token_new', toNew)
  if (toCurrent) await save('email_change_token_current', toCurrent)
  const changing = { ...user, email_change: newEmail }
  const tokens = toCurrent ? [toNew, toCurrent] : [toNew]
  await deliver(call, transaction, changing, 'email_change', redirectTo, tokens)
  const changes: UserChanges = {
    email_change: newEmail,
    email_change_sent_at: new Date(call.clock.now()),
    email_change_confirm_status: 0,
    email_change_token_new: toNew.hash,
    email_change_token_current: toCurrent?.hash ?? '',
  }
  return updateUser(transaction, user.id, changes)
}

function newToken(call: Call, to: string, flow: Flow | undefined): Token {
  const otp = newOtp(call.settings.otpLength)
  return { to, otp, hash: (flow ? pkcePrefix : '') + hashOtp(call, to, otp) }
}

function checkInterval(call: Call, last: Date | null): void {
  if (last === null) return
  const leftMs = last.getTime() + call.settings.mailIntervalMs - call.clock.now()
  if (leftMs > 0) throw errors.tooSoon('email', Math.ceil(leftMs / 1000))
}

/** By the hook when there is one, else one email per token. Of a change of address the first token is the new one's. */
async function deliver(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  kind: MailKind,
  redirectTo: string,
  tokens: readonly Token[],
): Promise<void> {
  call.mailer.require()
  const { authorized } = call.settings.email
  const refused = tokens.find(({ to }) => authorized.length > 0 && !authorized.includes(to))
  if (refused) throw errors.emailNotAuthorized(refused.to)
  call.limits.sending('email')
  if (hasHook(call, 'send_email')) return byHook(call, transaction, user, kind, redirectTo, tokens)
  try {
    for (const token of tokens) {
      await call.mailer.send(token.to, kind, {
        SiteURL: call.settings.siteUrl,
        ConfirmationURL: kind === 'reauthentication' ? '' : actionLink(call, kind, token.hash, redirectTo),
        Email: user.email ?? '',
        NewEmail: user.email_change ?? '',
        SendingTo: token.to,
        Token: token.otp,
        TokenHash: token.hash,
        Data: user.raw_user_meta_data ?? {},
        RedirectTo: redirectTo,
      })
    }
  } catch (error) {
    if (error instanceof AuthError) throw error
    throw errors.mailFailed(kind.replace('_', ' '), error)
  }
}

async function byHook(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  kind: MailKind,
  redirectTo: string,
  [first, second]: readonly Token[],
): Promise<void> {
  // With two tokens, `token` goes to the present address and is verified by token_hash_new; the names are Supabase's.
  const data = second
    ? { token: second.otp, token_hash_new: second.hash, token_new: first?.otp, token_hash: first?.hash }
    : { token: first?.otp, token_hash: first?.hash, token_new: '', token_hash_new: '' }
  await runHook(call, transaction, 'send_email', {
    user: await viewUser(transaction, user),
    email_data: {
      ...data,
      redirect_to: redirectTo,
      email_action_type: verificationTypes[kind],
      site_url: call.settings.externalUrl,
    },
  })
}
