import { createHash } from 'node:crypto'
import type { Call } from '../context.ts'
import { AuthError, errors } from '../errors.ts'
import { ask } from '../outbound.ts'

const tooLongAt = 72

/** Throws when bcrypt could not tell the password from a longer one. */
export function checkLength(password: string): void {
  if (Buffer.byteLength(password) <= tooLongAt) return
  throw errors.badRequest(`Password cannot be longer than ${tooLongAt} characters`)
}

/** Throws weak_password with every reason, or validation_failed when bcrypt could not tell it from a longer one. */
export async function checkPassword(call: Pick<Call, 'settings' | 'log'>, password: string): Promise<void> {
  checkLength(password)
  const { minLength, characters, pwnedUrl } = call.settings.password
  const messages: string[] = []
  const reasons: string[] = []
  if (Buffer.byteLength(password) < minLength) {
    reasons.push('length')
    messages.push(`Password should be at least ${minLength} characters.`)
  }
  if (characters.some(set => ![...set].some(one => password.includes(one)))) {
    reasons.push('characters')
    messages.push(`Password should contain at least one character of each: ${characters.join(', ')}.`)
  }
  if (pwnedUrl !== undefined && (await isPwned(call, pwnedUrl, password))) {
    reasons.push('pwned')
    messages.push('Password is known to be weak and easy to guess, please choose a different one.')
  }
  if (messages.length > 0) throw errors.weakPassword(messages.join(' '), reasons)
}

/** What is wrong with a password that somebody signed in with; undefined: nothing. */
export async function weaknessOf(
  call: Pick<Call, 'settings' | 'log'>,
  password: string,
): Promise<{ readonly message: string; readonly reasons: readonly string[] } | undefined> {
  try {
    await checkPassword(call, password)
    return undefined
  } catch (error) {
    if (!(error instanceof AuthError) || error.weakReasons === undefined) return undefined
    return { message: error.message, reasons: error.weakReasons }
  }
}

/** Asks by the first five digits of the password's SHA-1; the list that comes back holds the others. */
async function isPwned(
  call: Pick<Call, 'settings' | 'log'>,
  url: string,
  password: string,
): Promise<boolean> {
  const digest = createHash('sha1').update(password).digest('hex').toUpperCase()
  try {
    const { status, text } = await ask(`${url}/range/${digest.slice(0, 5)}`, {
      headers: { 'user-agent': 'hangar-auth', 'add-padding': 'true' },
      timeoutMs: 5000,
      maxBytes: 1024 * 1024,
    })
    if (status !== 200) throw new Error(`status ${status}`)
    const rest = digest.slice(5)
    return text.split('\n').some(line => {
      const [suffix, count] = line.trim().split(':')
      return suffix?.toUpperCase() === rest && count !== '0'
    })
  } catch (error) {
    call.log.warn({ err: error }, 'auth: leaked passwords cannot be looked up')
    if (call.settings.password.pwnedFailClosed) {
      throw errors.hookFailed('Unable to check whether the password was leaked', error)
    }
    return false
  }
}
