import { expected, type Failure, found, type Note, shown, unexpected } from './failure.ts'
import { label, type Parser, type Reply, sequence } from './parser.ts'

/** One character (a code point) that passes. */
export function satisfy(test: (character: string) => boolean): Parser<string> {
  return (text, at) => {
    const code = text.codePointAt(at)
    if (code === undefined) return { ok: false, consumed: false, failure: { at, notes: [found('')] } }
    const character = String.fromCodePoint(code)
    if (!test(character))
      return { ok: false, consumed: false, failure: { at, notes: [foundNote(character)] } }
    return { ok: true, consumed: true, value: character, at: at + character.length, failure: undefined }
  }
}

const foundNotes = new Map<string, Note>()

/** Most attempts fail, and few of their notes are ever shown: those of plain characters are made once. */
function foundNote(character: string): Note {
  const known = foundNotes.get(character)
  if (known) return known
  const note = found(shown(character, '"'))
  if (character.charCodeAt(0) < 128) foundNotes.set(character, note)
  return note
}

export function char(wanted: string): Parser<string> {
  return label(
    satisfy(character => character === wanted),
    shown(wanted, '"'),
  )
}

/** A word; it takes its first characters even when a later one differs. */
export function string(wanted: string): Parser<string> {
  const characters = [...wanted]
  const wish = expected(shown(wanted, '"'))
  return (text, start) => {
    let at = start
    for (const character of characters) {
      if (!text.startsWith(character, at)) {
        const code = text.codePointAt(at)
        const there = code === undefined ? found('') : foundNote(String.fromCodePoint(code))
        const failure: Failure = { at: start, notes: [wish, there] }
        return { ok: false, consumed: at > start, failure }
      }
      at += character.length
    }
    return { ok: true, consumed: at > start, value: wanted, at, failure: undefined }
  }
}

/** A word in capital or small letters. */
export function anyCase(wanted: string): Parser<string> {
  return sequence([...wanted].map(eitherCase), () => wanted)
}

function eitherCase(letter: string): Parser<string> {
  const upper = letter.toUpperCase()
  return (text, at) => {
    const small = char(letter)(text, at)
    if (small.ok) return small
    const capital = char(upper)(text, at)
    if (capital.ok) return capital
    const notes = [...(small.failure?.notes ?? []), ...(capital.failure?.notes ?? [])]
    return { ok: false, consumed: false, failure: { at, notes } }
  }
}

export const anyChar = satisfy(() => true)
export const letter = label(
  satisfy(character => /^\p{L}$/u.test(character)),
  'letter',
)
export const digit = label(
  satisfy(character => character >= '0' && character <= '9'),
  'digit',
)
export const oneOf = (set: string) => satisfy(character => set.includes(character))
export const noneOf = (set: string) => satisfy(character => !set.includes(character))
export const eof = label(endOfText, 'end of input')

function endOfText(text: string, at: number): Reply<undefined> {
  const code = text.codePointAt(at)
  if (code === undefined) return { ok: true, consumed: false, value: undefined, at, failure: undefined }
  const notes = [unexpected(shown(String.fromCodePoint(code), "'"))]
  return { ok: false, consumed: false, failure: { at, notes } }
}

const blank = oneOf(' \t')

/** With blanks around it. */
export function lexeme<T>(parser: Parser<T>): Parser<T> {
  return sequence([blanks, parser, blanks], (_before, value) => value)
}

const blanks: Parser<undefined> = (text, start) => {
  let at = start
  for (;;) {
    const reply = blank(text, at)
    if (!reply.ok) return { ok: true, consumed: at > start, value: undefined, at, failure: reply.failure }
    at = reply.at
  }
}
