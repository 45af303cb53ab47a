import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Takes known secret values out of texts. `owner`: only those of that owner. */
export interface Redactor {
  redact(text: string, owner?: string): string
}

interface Mark {
  readonly owner: string
  readonly length: number
  readonly digest: Buffer
}

const replacement = '[redacted]'
const shortest = 6
const prefixLength = 4
/** Values remembered per owner; the oldest go first. Changed values stay known, because programs go on printing them. */
const mostPerOwner = 2000

/**
 * Secret values as they may show up in logs, errors, events and output. None is kept: only salted digests of them, their lengths,
 * and a trace of how they begin, to look where it is worth looking. What has fewer than 6 characters or is a plain number or flag stays readable.
 */
export class SecretMarks implements Redactor {
  readonly #salt = randomBytes(16)
  /** How marked values begin → the marks; longest first. */
  readonly #byPrefix = new Map<number, Mark[]>()
  readonly #byOwner = new Map<string, Mark[]>()

  /** Values of an owner, besides those it had. */
  add(owner: string, values: Iterable<string>): void {
    const mine = this.#byOwner.get(owner) ?? []
    for (const value of values) {
      for (const form of formsOf(value)) {
        const mark = { owner, length: form.length, digest: this.#digest(form) }
        if (mine.some(known => known.length === mark.length && known.digest.equals(mark.digest))) continue
        mine.push(mark)
        const prefix = prefixOf(form, 0)
        const there = this.#byPrefix.get(prefix) ?? []
        this.#byPrefix.set(
          prefix,
          [...there, mark].sort((a, b) => b.length - a.length),
        )
      }
    }
    this.#byOwner.set(owner, mine)
    for (const mark of mine.splice(0, Math.max(0, mine.length - mostPerOwner))) this.#forget(mark)
  }

  drop(owner: string): void {
    for (const mark of this.#byOwner.get(owner) ?? []) this.#forget(mark)
    this.#byOwner.delete(owner)
  }

  redact(text: string, owner?: string): string {
    if (this.#byPrefix.size === 0 || text.length < shortest) return text
    let result = ''
    let copied = 0
    for (let at = 0; at + prefixLength <= text.length; at++) {
      const found = this.#at(text, at, owner)
      if (!found) continue
      result += text.slice(copied, at) + replacement
      copied = at + found.length
      at = copied - 1
    }
    return copied === 0 ? text : result + text.slice(copied)
  }

  #at(text: string, at: number, owner: string | undefined): Mark | undefined {
    const marks = this.#byPrefix.get(prefixOf(text, at))
    return marks?.find(
      mark =>
        (owner === undefined || mark.owner === owner) &&
        at + mark.length <= text.length &&
        timingSafeEqual(mark.digest, this.#digest(text.slice(at, at + mark.length))),
    )
  }

  #forget(mark: Mark): void {
    for (const [prefix, marks] of this.#byPrefix) {
      if (!marks.includes(mark)) continue
      const left = marks.filter(one => one !== mark)
      if (left.length > 0) this.#byPrefix.set(prefix, left)
      else this.#byPrefix.delete(prefix)
    }
  }

  #digest(text: string): Buffer {
    return createHash('sha256').update(this.#salt).update(text).digest()
  }
}

/** 16 bits of how a text goes on at a place: enough to pass over nearly everything, too little to tell what it was. */
function prefixOf(text: string, at: number): number {
  let hash = 0
  for (let index = at; index < at + prefixLength; index++)
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return (hash ^ (hash >>> 16)) & 0xffff
}

/** A value, and the forms in which programs print it: escaped, encoded, line by line, and the password of an address alone. */
function formsOf(value: string): Set<string> {
  const forms = new Set<string>()
  const add = (form: string) => {
    if (form.length >= shortest && !/^(?:[\d.,:+-]{1,9}|true|false|enabled|disabled)$/i.test(form))
      forms.add(form)
  }
  const trimmed = value.trim()
  add(trimmed)
  if (trimmed.length < shortest) return forms
  add(JSON.stringify(trimmed).slice(1, -1))
  add(encoded(trimmed))
  add(Buffer.from(trimmed).toString('base64').replace(/=+$/, ''))
  if (trimmed.includes('\n'))
    for (const line of trimmed.split('\n').slice(0, 200)) if (line.trim().length >= 16) add(line.trim())
  const [, password] = /^[a-z][a-z\d+.-]*:\/\/[^:@/\s]*:([^@/\s]+)@/i.exec(trimmed) ?? []
  if (password !== undefined) {
    add(password)
    add(decoded(password))
  }
  return forms
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text
  }
}
