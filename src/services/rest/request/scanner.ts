import { restErrors } from '../errors.ts'

/** Reads a query parameter from left to right. Failures name the place as PostgREST's parser does. */
export class Scanner {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
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

  match(form: RegExp): string | undefined {
    form.lastIndex = this.at
    const found = form.exec(this.text)
    if (!found || found.index !== this.at) return undefined
    this.at += found[0].length
    return found[0]
  }

  fail(expecting: string): never {
    const found = this.done ? 'end of input' : `"${this.text[this.at]}"`
    throw restErrors.parse(
      `"failed to parse (${this.text})" (line 1, column ${this.at + 1})`,
      `unexpected ${found} expecting ${expecting}`,
    )
  }

  /** A name: in double quotes, or letters, digits and what SQL names may hold here. Hyphens may be inside. */
  name(): string {
    if (this.peek('"')) return this.quoted()
    const found = this.match(/[\p{L}\p{N}_ $*]+(?:-(?!>)[\p{L}\p{N}_ $]+)*/uy)
    return found?.trim() || this.fail('field name (* or [a..z0..9_$])')
  }

  quoted(): string {
    const found = this.match(/"(?:[^"\\]|\\.)*"/y) ?? this.fail('"')
    return found.slice(1, -1).replace(/\\(.)/g, '$1')
  }
}
