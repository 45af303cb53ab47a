import { restErrors } from '../errors.ts'

const deepest = 200

/** Reads one parameter from left to right. Failures name the place as PostgREST's parser does. */
export class Scanner {
  readonly text: string
  readonly #what: string
  #depth = 0
  at = 0

  /** `what`: how a failure calls the text, as in "failed to parse filter (…)". */
  constructor(text: string, what: string) {
    this.text = text
    this.#what = what
  }

  get done(): boolean {
    return this.at >= this.text.length
  }

  peek(ahead: string): boolean {
    return this.text.startsWith(ahead, this.at)
  }

  accept(expected: string): boolean {
    if (!this.peek(expected)) return false
    this.at += expected.length
    return true
  }

  /** `form` must be sticky. */
  match(form: RegExp): string | undefined {
    form.lastIndex = this.at
    const found = form.exec(this.text)
    if (!found) return undefined
    this.at += found[0].length
    return found[0]
  }

  /** Reads something inside of something, as deep as is reasonable. */
  nested<T>(read: () => T): T {
    if (this.#depth >= deepest) this.fail('less depth')
    this.#depth++
    const result = read()
    this.#depth--
    return result
  }

  skipBlanks(): void {
    this.match(/\s+/y)
  }

  fail(expecting: string): never {
    const found = this.done ? 'end of input' : JSON.stringify(this.text[this.at])
    throw restErrors.parse(
      `"failed to parse ${this.#what} (${this.text})" (line 1, column ${this.at + 1})`,
      `unexpected ${found} expecting ${expecting}`,
    )
  }

  end(expecting = 'end of input'): void {
    if (!this.done) this.fail(expecting)
  }

  /** A name: in double quotes, or letters, digits and what SQL names may hold here. Blanks and hyphens may be inside. */
  name(): string {
    this.skipBlanks()
    if (this.peek('"')) return this.quoted()
    const found = this.match(/[\p{L}\p{M}\p{N}_ $*]+(?:-(?!>)[\p{L}\p{M}\p{N}_ $]+)*/uy)
    return found?.trim() || this.fail('field name (* or [a..z0..9_$])')
  }

  quoted(): string {
    const found = this.match(/"(?:[^"\\]|\\.)*"/sy) ?? this.fail('"\\""')
    return found.slice(1, -1).replace(/\\(.)/gs, '$1')
  }
}
