import { compare, hash } from '@node-rs/bcrypt'
import { errors } from '../errors.ts'
import { throughHashGate } from './hash-gate.ts'

const cost = 10
/** A hash of nothing anybody can send, so that an unknown user costs as much time as a wrong password. */
const decoy = '$2a$10$rPfb/P7nmoTDlkrmjlAQMexBWBpLcZVTMaoNSkrjXEtQRn4ZCRCWq'

/** What a new password puts an end to: whoever asked for these may have known the old one. */
export const noTokens = {
  confirmation_token: '',
  recovery_token: '',
  email_change_token_current: '',
  email_change_token_new: '',
  phone_change_token: '',
  reauthentication_token: '',
} as const

/** `owner` is the service that asks. Throws over_request_rate_limit when too many wait already. */
export async function hashPassword(owner: object, password: string): Promise<string> {
  const hashed = await throughHashGate(owner, () => hash(password, { cost, version: '2a' }))
  if (hashed === undefined) throw errors.overRequestLimit()
  return hashed
}

/** Whether the password is the one. A missing hash takes as long and says no. Throws as above. */
export async function passwordMatches(
  owner: object,
  password: string,
  encrypted: string | null | undefined,
): Promise<boolean> {
  const matches = await throughHashGate(owner, () => compare(password, encrypted || decoy).catch(() => false))
  if (matches === undefined) throw errors.overRequestLimit()
  return matches && Boolean(encrypted)
}
