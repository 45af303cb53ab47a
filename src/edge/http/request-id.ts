import { randomBytes } from 'node:crypto'

// One look into the kernel's randomness serves many ids; the counter makes each its own.
let prefix = ''
let left = 0

/** An id for one request, in the shape of Fly's: 26 characters and where it was given. */
export function requestId(): string {
  if (left === 0) {
    prefix = randomBytes(12).toString('hex').toUpperCase().slice(0, 22)
    left = 0xffff
  }
  left--
  return `${prefix}${(left + 0x10000).toString(16).slice(1).toUpperCase()}-local`
}
