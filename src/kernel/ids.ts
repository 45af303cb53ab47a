import { randomBytes } from 'node:crypto'

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** A machine id as Fly makes them: 14 hexadecimal characters. */
export function machineId(): string {
  return randomBytes(7).toString('hex')
}

/** `vol_` and 17 characters, as Fly's volumes. */
export function volumeId(): string {
  return `vol_${pick(base32, 17)}`
}

/** Prefixed random id for everything else, e.g. `opr_…`. */
export function prefixedId(prefix: string): string {
  return `${prefix}_${pick(base32, 16)}`
}

let lastTime = 0
let lastTimeText = ''
let lastRandom: number[] = []

/** ULID, monotonic within one process: sorts by creation even within a millisecond. */
export function ulid(now: number): string {
  if (now > lastTime) {
    lastTime = now
    lastTimeText = timeText(now)
    lastRandom = Array.from(randomBytes(16), byte => byte & 31)
  } else {
    increment(lastRandom)
  }
  let text = lastTimeText
  for (const value of lastRandom) text += crockford[value]
  return text
}

function timeText(now: number): string {
  let time = ''
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = crockford[rest % 32] + time
  return time
}

/** ULID that sorts after `previous`, also when the clock has been set back since that was made, by this process or one before it. */
export function ulidAfter(previous: string, now: number): string {
  const id = ulid(now)
  return id > previous ? id : ulid(timeOf(previous) + 1)
}

/** Milliseconds since 1970 that a ULID was made at. */
function timeOf(id: string): number {
  let time = 0
  for (const digit of id.slice(0, 10)) time = time * 32 + Math.max(0, crockford.indexOf(digit))
  return time
}

function increment(digits: number[]): void {
  for (let i = digits.length - 1; i >= 0; i--) {
    digits[i] = ((digits[i] ?? 0) + 1) & 31
    if (digits[i] !== 0) return
  }
}

function pick(alphabet: string, length: number): string {
  return Array.from(randomBytes(length), byte => alphabet[byte % alphabet.length]).join('')
}
