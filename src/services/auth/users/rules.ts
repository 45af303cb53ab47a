import { errors } from '../errors.ts'
import type { Json, UserRow } from './rows.ts'

/** The address as it is kept (lower case). Throws validation_failed. */
export function checkEmail(email: string): string {
  if (email === '') throw errors.badRequest('An email address is required')
  if (email.length > 255) throw errors.badRequest('An email address is too long')
  const [, domain] = /^[\w.!#$%&'*+/=?^`{|}~-]+@(.+)$/.exec(email) ?? []
  const valid = domain?.split('.').every(label => /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i.test(label))
  if (!valid) throw errors.badRequest('Unable to validate email address: invalid format')
  return email.toLowerCase()
}

/** Digits of an E.164 number. Throws validation_failed. */
export function checkPhone(phone: string): string {
  const digits = barePhone(phone)
  if (/^[1-9]\d{1,14}$/.test(digits)) return digits
  throw errors.badRequest('Invalid phone number format (E.164 required)')
}

/** Without the plus and the spaces that people write. */
export function barePhone(phone: string): string {
  return phone.replace(/^\+/, '').replaceAll(' ', '')
}

export function isBanned(user: UserRow, nowMs: number): boolean {
  return user.banned_until !== null && user.banned_until.getTime() > nowMs
}

/** Sets keys of metadata; a null removes one. */
export function merged(current: Json | null, changes: Json): Json {
  const kept = Object.entries({ ...current, ...changes }).filter(([, value]) => value !== null)
  return Object.fromEntries(kept)
}
