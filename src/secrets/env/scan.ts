export type Quote = '' | "'" | '"' | '`'

/** One `NAME=value` of an env file, as it is written: neither decrypted nor expanded. */
export interface Assignment {
  readonly name: string
  readonly value: string
  readonly quote: Quote
  readonly comment: string | undefined
  /** Where the name stands, from 1. */
  readonly line: number
  readonly column: number
  /** Offsets in the scanned text of what stands behind the `=`, quotes included. */
  readonly valueStart: number
  readonly valueEnd: number
}

/** Line ends as the scanner needs them. */
export function normaliseLines(text: string): string {
  return text.replace(/\r\n?/g, '\n')
}

/**
 * Reads an env file with dotenv's grammar, which dotenvx shares: `export`, `NAME=value` or `NAME: value`, three kinds of quotes that may
 * span lines, comments, and lines that are no assignment skipped. A quote that is never closed is part of an ordinary value.
 * `text` must have plain line feeds (`normaliseLines`). Linear in the text.
 */
export function scan(text: string): Assignment[] {
  const found: Assignment[] = []
  const lines = lineCounter(text)
  const quotes = quoteIndex(text)
  let at = 0
  while (at <= text.length) {
    const read = readAssignment(text, at, quotes)
    if (read) {
      found.push({ ...read.assignment, ...lines(read.nameStart) })
      at = nextLine(text, read.end)
    } else at = nextLine(text, at)
  }
  return found
}

type Read = {
  assignment: Omit<Assignment, 'line' | 'column'>
  nameStart: number
  end: number
}

function readAssignment(text: string, lineStart: number, quotes: QuoteIndex): Read | undefined {
  const first = skipSpace(text, lineStart)
  const exported = /^export(?=\s)/.test(text.slice(first, first + 7)) ? skipSpace(text, first + 6) : undefined
  for (const nameStart of exported === undefined ? [first] : [exported, first]) {
    const nameEnd = skipName(text, nameStart)
    if (nameEnd === nameStart) continue
    const valueStart = behindSeparator(text, nameEnd)
    if (valueStart !== undefined)
      return readValue(text, text.slice(nameStart, nameEnd), nameStart, valueStart, quotes)
  }
  return undefined
}

/** Offset behind `=` (spaces before it) or behind `:` and one space. */
function behindSeparator(text: string, nameEnd: number): number | undefined {
  const equals = skipSpace(text, nameEnd)
  if (text[equals] === '=') return equals + 1
  if (text[nameEnd] === ':' && isSpace(text[nameEnd + 1])) return nameEnd + 2
  return undefined
}

function readValue(
  text: string,
  name: string,
  nameStart: number,
  valueStart: number,
  quotes: QuoteIndex,
): Read {
  const opening = skipSpace(text, valueStart)
  const quoted = closingQuote(text, opening, quotes)
  const valueEnd = quoted ?? endOfPlain(text, valueStart)
  const trimmed = text.slice(valueStart, valueEnd).trim()
  const quote = quoteOf(trimmed)
  const tail = readTail(text, valueEnd)
  return {
    nameStart,
    end: tail.end,
    assignment: { name, value: unquote(trimmed, quote), quote, comment: tail.comment, valueStart, valueEnd },
  }
}

/** Offset behind the quote that closes the one at `opening`; undefined when there is none that ends the value. */
function closingQuote(text: string, opening: number, quotes: QuoteIndex): number | undefined {
  const quote = text[opening]
  if (quote !== "'" && quote !== '"' && quote !== '`') return undefined
  // The first quote without a backslash ends it. Only when something else follows there may a quote with one have meant the end.
  const { plain, escaped } = quotes(quote)
  const last = firstAfter(plain, opening)
  const closes = (at: number) => readTail(text, at + 1, true).closed
  if (last !== undefined && closes(last)) return last + 1
  const candidates = escaped.slice(
    lowerBound(escaped, opening + 1),
    last === undefined ? undefined : lowerBound(escaped, last),
  )
  const found = candidates.reverse().find(closes)
  return found === undefined ? undefined : found + 1
}

/** What follows a value: spaces, then a comment, or the end of its line. */
function readTail(
  text: string,
  from: number,
  lookOnly = false,
): { closed: boolean; end: number; comment: string | undefined } {
  let at = from
  let lastBreak: number | undefined
  while (isSpace(text[at])) {
    if (isBreak(text[at])) {
      lastBreak = at
      if (lookOnly) return { closed: true, end: at, comment: undefined }
    }
    at++
  }
  if (text[at] === '#') {
    const end = endOfLine(text, at)
    // dotenv takes a comment on a later line along too; it is not this value's.
    const comment = lastBreak === undefined ? text.slice(at + 1, end).trim() : undefined
    return { closed: true, end, comment }
  }
  if (at === text.length) return { closed: true, end: at, comment: undefined }
  return { closed: lastBreak !== undefined, end: lastBreak ?? from, comment: undefined }
}

function unquote(trimmed: string, quote: Quote): string {
  let value = trimmed
  if (quote && value.length > 1 && value.endsWith(quote)) value = value.slice(1, -1)
  if (quote === "'") return value.replaceAll("\\'", "'")
  if (quote === '"') return value.replaceAll('\\n', '\n').replaceAll('\\r', '\r').replaceAll('\\t', '\t')
  return value
}

function quoteOf(trimmed: string): Quote {
  const first = trimmed[0]
  return first === "'" || first === '"' || first === '`' ? first : ''
}

function endOfPlain(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '#' && text[at] !== '\n') at++
  return at
}

function skipName(text: string, from: number): number {
  let at = from
  while (at < text.length && /[\w.-]/.test(text[at] as string)) at++
  return at
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text[at])) at++
  return at
}

function isSpace(character: string | undefined): boolean {
  if (character === undefined) return false
  return character === ' ' || character === '\n' || character === '\t' || /\s/.test(character)
}

function isBreak(character: string | undefined): boolean {
  return character === '\n' || character === '\u2028' || character === '\u2029'
}

function endOfLine(text: string, from: number): number {
  let at = from
  while (at < text.length && !isBreak(text[at])) at++
  return at
}

function nextLine(text: string, from: number): number {
  return endOfLine(text, from) + 1
}

type QuoteIndex = (quote: Quote) => { plain: number[]; escaped: number[] }

/** Positions of each kind of quote, found once per text: what stays open does not make the whole quadratic. */
function quoteIndex(text: string): QuoteIndex {
  const known = new Map<Quote, { plain: number[]; escaped: number[] }>()
  return quote => {
    const found = known.get(quote)
    if (found) return found
    const made = { plain: [] as number[], escaped: [] as number[] }
    for (let at = text.indexOf(quote); at !== -1; at = text.indexOf(quote, at + 1))
      (text[at - 1] === '\\' ? made.escaped : made.plain).push(at)
    known.set(quote, made)
    return made
  }
}

function firstAfter(sorted: readonly number[], position: number): number | undefined {
  return sorted[lowerBound(sorted, position + 1)]
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}

function lineCounter(text: string): (offset: number) => { line: number; column: number } {
  let line = 1
  let lineStart = 0
  let at = 0
  return offset => {
    for (; at < offset; at++) {
      if (text[at] === '\n') {
        line++
        lineStart = at + 1
      }
    }
    return { line, column: offset - lineStart + 1 }
  }
}
