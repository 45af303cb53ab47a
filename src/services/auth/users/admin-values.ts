import { durationMs } from '../durations.ts'
import { errors } from '../errors.ts'
import type { Body } from '../routes/body.ts'
import { isUuid } from '../sessions/authenticate.ts'
import type { Json } from './rows.ts'
import { checkEmail, checkPhone } from './rules.ts'

/** What an admin can say about a user; absent: left as it is. */
export interface AdminValues {
  readonly id: string | undefined
  readonly aud: string | undefined
  readonly role: string | undefined
  readonly email: string | undefined
  readonly phone: string | undefined
  readonly password: string | undefined
  /** A bcrypt hash from elsewhere. */
  readonly passwordHash: string | undefined
  readonly emailConfirm: boolean
  readonly phoneConfirm: boolean
  readonly userMetadata: Json | undefined
  readonly appMetadata: Json | undefined
  /** Milliseconds from now; 0 lifts the ban. */
  readonly banMs: number | undefined
}

const mostCost = 16

/** Throws validation_failed for what cannot be. */
export function adminValues(body: Body): AdminValues {
  const filled = (name: string) => body.optionalText(name) || undefined
  const email = filled('email')
  const phone = filled('phone')
  const id = filled('id')
  const passwordHash = filled('password_hash')
  if (id !== undefined && !isUuid(id)) throw errors.badRequest('ID must conform to the uuid v4 format')
  if (id !== undefined && /^[0-]+$/.test(id)) throw errors.badRequest('ID cannot be a nil uuid')
  if (passwordHash !== undefined && !/^\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}$/.test(passwordHash)) {
    throw errors.badRequest('password_hash must be a bcrypt hash')
  }
  // One of 31 would keep a processor busy for days at each sign-in.
  if (Number(passwordHash?.slice(4, 6)) > mostCost) {
    throw errors.badRequest(`password_hash must have a cost of at most ${mostCost}`)
  }
  if (passwordHash !== undefined && filled('password') !== undefined) {
    throw errors.badRequest('Only a password or a password hash should be provided')
  }
  return {
    id,
    aud: filled('aud'),
    role: filled('role'),
    email: email === undefined ? undefined : checkEmail(email),
    phone: phone === undefined ? undefined : checkPhone(phone),
    password: body.optionalText('password'),
    passwordHash,
    emailConfirm: body.flag('email_confirm') ?? false,
    phoneConfirm: body.flag('phone_confirm') ?? false,
    userMetadata: body.object('user_metadata'),
    appMetadata: body.object('app_metadata'),
    banMs: ban(filled('ban_duration')),
  }
}

function ban(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (text === 'none') return 0
  const ms = durationMs(text)
  if (ms !== undefined) return ms
  throw errors.badRequest(`invalid format for ban duration: "${text}" is not a duration such as "24h"`)
}
