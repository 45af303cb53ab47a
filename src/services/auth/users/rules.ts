import { errors } from '../errors.ts'
import type { Json, UserRow } from './rows.ts'

/** The address as it is kept (lower case). Throws validation_failed. */
export function checkEmail(email: string): string {
  if (email === '') throw errors.validation('An email address is required')
  if (
    email.length > 255 ||
    !/^[^\s@<>(),;:"[\]\\]+@[^\s@.<>(),;:"[\]\\]+(\.[^\s@.<>(),;:"[\]\\]+)*$/.test(email)
  ) {
    throw errors.validation('Unable to validate email address: invalid format')
  }
  return email.toLowerCase()
}

/** Digits of an E.164 number. Throws validation_failed. */
export function checkPhone(phone: string): string {
  const digits = phone.replaceAll(/[\s+]/g, '')
  if (/^[1-9]\d{1,14}$/.test(digits)) return digits
  throw errors.validation('Invalid phone number format (E.164 required)')
}

export function isBanned(user: UserRow, nowMs: number): boolean {
  return user.banned_until !== null && user.banned_until.getTime() > nowMs
}

/** Sets keys of metadata; a null removes one. */
export function merged(current: Json | null, changes: Json): Json {
  const kept = Object.entries({ ...current, ...changes }).filter(([, value]) => value !== null)
  return Object.fromEntries(kept)
}
