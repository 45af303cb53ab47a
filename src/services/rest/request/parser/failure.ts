/** What a parser says of a place that it could not read. The order of the kinds is the order in which they are shown. */
export interface Note {
  readonly kind: 0 | 1 | 2 | 3
  readonly text: string
}

/** The character that was found, as text in double quotes; empty: the end. */
export const found = (text: string): Note => ({ kind: 0, text })
/** Something that was read and should not have been there. */
export const unexpected = (text: string): Note => ({ kind: 1, text })
export const expected = (text: string): Note => ({ kind: 2, text })

/** Notes about one place; of several failures the one that got furthest counts. */
export interface Failure {
  readonly at: number
  readonly notes: readonly Note[]
}

/** undefined stands for a failure of which nothing is known. */
export function merge(one: Failure | undefined, other: Failure | undefined): Failure | undefined {
  if (!other) return one
  if (!one) return other
  if (one.at !== other.at) return one.at > other.at ? one : other
  return { at: one.at, notes: [...one.notes, ...other.notes] }
}

/** The same failure, said in other words. */
export function relabel(failure: Failure, label: string): Failure {
  return { at: failure.at, notes: [expected(label), ...failure.notes.filter(({ kind }) => kind !== 2)] }
}

/** `(line 1, column 7)`, counted in characters. */
export function placeOf(text: string, at: number): string {
  let line = 1
  let column = 1
  for (const character of text.slice(0, at)) {
    if (character === '\n') {
      line++
      column = 1
    } else column += character === '\t' ? 8 - ((column - 1) % 8) : 1
  }
  return `(line ${line}, column ${column})`
}

/** `unexpected "x" expecting "a", "b" or end of input` */
export function describeFailure({ notes }: Failure): string {
  const of = (wanted: number) => notes.filter(({ kind }) => kind === wanted).map(({ text }) => text)
  const [system] = of(0)
  const parts = [
    of(1).length > 0 || system === undefined ? '' : `unexpected ${system || 'end of input'}`,
    listOf('unexpected', of(1)),
    listOf('expecting', of(2)),
    listOf('', of(3)),
  ]
  return parts.filter(part => part !== '').join(' ') || 'unknown parse error'
}

function listOf(start: string, texts: readonly string[]): string {
  const distinct = [...new Set(texts.filter(text => text !== ''))]
  const last = distinct.pop()
  if (last === undefined) return ''
  const list = distinct.length === 0 ? last : `${distinct.join(', ')} or ${last}`
  return start === '' ? list : `${start} ${list}`
}

const shortForms: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

/** A text as it is shown in messages: in quotes, with everything beyond ASCII as its number. */
export function shown(text: string, quote: '"' | "'"): string {
  let result = quote
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (character === quote) result += `\\${quote}`
    else if (shortForms[character] !== undefined) result += shortForms[character]
    else if (code === 127) result += '\\DEL'
    else if (code < 32 || code > 126) result += `\\${code}`
    else result += character
  }
  return result + quote
}
