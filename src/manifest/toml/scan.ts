import type { Range } from './document.ts'

// Reads the outline of a file that a TOML parser refuses: headers, keys and values with their places. It never throws
// and understands the two mistakes that `repair.ts` mends: tables that come twice and lists and inline tables without commas.

export interface ScannedHeader {
  readonly kind: 'table' | 'list'
  readonly keys: readonly string[]
  /** The header with its brackets. */
  readonly range: Range
  /** Behind the end of its line. */
  readonly lineEnd: number
}

export interface ScannedEntry {
  readonly keyText: string
  readonly range: Range
  readonly lineEnd: number
  /** Undefined when it cannot be followed. */
  readonly value: ScannedValue | undefined
}

export interface ScannedValue {
  readonly kind: 'plain' | 'array' | 'inline'
  readonly range: Range
  readonly items: readonly ScannedItem[]
  readonly comments: readonly Range[]
  /** Between items something is missing, or a line ends where it must not. */
  readonly broken: boolean
}

export interface ScannedItem {
  /** `key = ` in an inline table, as written. */
  readonly keyText: string | undefined
  readonly value: ScannedValue
  /** Whether a comma parts it from the item before. */
  readonly commaBefore: boolean
}

export type Scanned =
  | ({ readonly type: 'header' } & ScannedHeader)
  | ({ readonly type: 'entry' } & ScannedEntry)

/** Deeper than any file that somebody wrote. */
const deepest = 64

export function scanToml(text: string): Scanned[] {
  const found: Scanned[] = []
  let at = 0
  while (at < text.length) {
    at = skipBlank(text, at)
    if (at >= text.length) break
    if (text[at] === '#') {
      at = endOfLine(text, at)
      continue
    }
    if (text[at] === '[') {
      const header = scanHeader(text, at)
      if (header) found.push({ type: 'header', ...header })
      at = header?.lineEnd ?? endOfLine(text, at)
      continue
    }
    const entry = scanEntry(text, at)
    if (entry) found.push({ type: 'entry', ...entry })
    at = entry?.lineEnd ?? endOfLine(text, at)
  }
  return found
}

function scanHeader(text: string, start: number): ScannedHeader | undefined {
  const list = text[start + 1] === '['
  const close = list ? ']]' : ']'
  const keys: string[] = []
  let at = start + close.length
  for (;;) {
    at = skipSpace(text, at)
    const key = scanKeyPart(text, at)
    if (!key) return undefined
    keys.push(key.name)
    at = skipSpace(text, key.end)
    if (text.startsWith(close, at)) break
    if (text[at] !== '.') return undefined
    at++
  }
  const end = at + close.length
  return { kind: list ? 'list' : 'table', keys, range: [start, end], lineEnd: endOfLine(text, end) }
}

function scanEntry(text: string, start: number): ScannedEntry | undefined {
  const keyEnd = scanKey(text, start)
  if (keyEnd === undefined) return undefined
  const equals = skipSpace(text, keyEnd)
  if (text[equals] !== '=') return undefined
  const value = scanValue(text, skipSpace(text, equals + 1), 0)
  const end = value?.range[1] ?? equals + 1
  return {
    keyText: text.slice(start, keyEnd),
    range: [start, end],
    lineEnd: endOfLine(text, end),
    value,
  }
}

/** End of a dotted key. */
function scanKey(text: string, start: number): number | undefined {
  let at = start
  for (;;) {
    const part = scanKeyPart(text, at)
    if (!part) return undefined
    const dot = skipSpace(text, part.end)
    if (text[dot] !== '.') return part.end
    at = skipSpace(text, dot + 1)
  }
}

function scanKeyPart(text: string, at: number): { name: string; end: number } | undefined {
  const quote = text[at]
  if (quote === '"' || quote === "'") {
    const end = scanString(text, at)
    return end === undefined ? undefined : { name: text.slice(at + 1, end - 1), end }
  }
  let end = at
  while (end < text.length && /[A-Za-z0-9_-]/.test(text[end]!)) end++
  return end > at ? { name: text.slice(at, end), end } : undefined
}

function scanValue(text: string, at: number, depth: number): ScannedValue | undefined {
  if (depth > deepest) return undefined
  const first = text[at]
  if (first === '[' || first === '{') return scanGroup(text, at, depth)
  let end: number | undefined
  if (first === '"' || first === "'") {
    end = scanString(text, at)
  } else {
    end = at
    while (end < text.length && !/[\s,#[\]{}]/.test(text[end]!)) end++
    if (end === at) end = undefined
  }
  return end === undefined
    ? undefined
    : { kind: 'plain', range: [at, end], items: [], comments: [], broken: false }
}

function scanGroup(text: string, start: number, depth: number): ScannedValue | undefined {
  const inline = text[start] === '{'
  const close = inline ? '}' : ']'
  const items: ScannedItem[] = []
  const comments: Range[] = []
  let broken = false
  let comma = false
  let at = start + 1
  for (;;) {
    const before = at
    at = skipBlank(text, at)
    if (inline && text.slice(before, at).includes('\n')) broken = true
    const char = text[at]
    if (char === undefined) return undefined
    if (char === '#') {
      const end = trimmedEnd(text, at)
      comments.push([at, end])
      at = end
      if (inline) broken = true
    } else if (char === ',') {
      if (comma || items.length === 0) return undefined
      comma = true
      at++
    } else if (char === close) {
      if (inline && comma) broken = true
      return { kind: inline ? 'inline' : 'array', range: [start, at + 1], items, comments, broken }
    } else {
      const item = scanItem(text, at, inline, depth)
      if (!item) return undefined
      const commaBefore = items.length === 0 || comma
      if (!commaBefore) broken = true
      items.push({ ...item, commaBefore })
      comma = false
      at = item.value.range[1]
    }
  }
}

function scanItem(
  text: string,
  start: number,
  inline: boolean,
  depth: number,
): Omit<ScannedItem, 'commaBefore'> | undefined {
  if (!inline) {
    const value = scanValue(text, start, depth + 1)
    return value && { keyText: undefined, value }
  }
  const keyEnd = scanKey(text, start)
  if (keyEnd === undefined) return undefined
  const equals = skipSpace(text, keyEnd)
  if (text[equals] !== '=') return undefined
  const value = scanValue(text, skipSpace(text, equals + 1), depth + 1)
  return value && { keyText: text.slice(start, keyEnd), value }
}

/** Behind the closing quote; undefined when it is never closed. */
function scanString(text: string, start: number): number | undefined {
  const quote = text[start]!
  const triple = quote.repeat(3)
  if (text.startsWith(triple, start)) {
    let at = start + 3
    for (;;) {
      const char = text[at]
      if (char === undefined) return undefined
      if (char === '\\' && quote === '"') at += 2
      else if (text.startsWith(triple, at)) {
        at += 3
        // Up to two more quotes belong to the text.
        for (let more = 0; more < 2 && text[at] === quote; more++) at++
        return at
      } else at++
    }
  }
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\' && quote === '"') at++
    else if (text[at] === quote) return at + 1
  }
  return undefined
}

function skipSpace(text: string, at: number): number {
  while (text[at] === ' ' || text[at] === '\t') at++
  return at
}

function skipBlank(text: string, at: number): number {
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++
  return at
}

/** Behind the line feed that ends the line. */
export function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end + 1
}

/** Before what ends the line, a carriage return included. */
export function trimmedEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  if (end === -1) return text.length
  return text[end - 1] === '\r' ? end - 1 : end
}

export function startOfLine(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}
