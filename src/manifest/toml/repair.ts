import type { Edit } from './edits.ts'
import {
  endOfLine,
  type Scanned,
  type ScannedHeader,
  type ScannedValue,
  scanToml,
  startOfLine,
  trimmedEnd,
} from './scan.ts'

/** A mistake of form that a TOML parser stops at, and how to mend it. */
export interface Repair {
  readonly rule: 'duplicate-table' | 'duplicate-key' | 'broken-inline-table' | 'missing-comma'
  readonly offset: number
  readonly message: string
  /** Offset of what it is a repetition of. */
  readonly first?: number
  readonly edits: readonly Edit[]
}

/** Finds tables and keys that come twice, and lists and inline tables without commas. Works on any text. */
export function findRepairs(text: string): Repair[] {
  const scanned = scanToml(text)
  return [...brokenValues(text, scanned), ...duplicates(text, scanned)]
}

function* brokenValues(text: string, scanned: readonly Scanned[]): Generator<Repair> {
  for (const entry of scanned) {
    if (entry.type === 'entry' && entry.value) yield* brokenIn(text, entry.value, entry.range[0], true)
  }
}

/** `alone`: no list around it in which a comment could stand. */
function* brokenIn(text: string, value: ScannedValue, lineOf: number, alone: boolean): Generator<Repair> {
  if (value.kind === 'inline' && anyBroken(value)) {
    const edits: Edit[] = [{ start: value.range[0], end: value.range[1], text: oneLine(text, value) }]
    const comments = allComments(value).map(([start, end]) => text.slice(start, end))
    if (comments.length > 0) {
      const at = alone ? startOfLine(text, lineOf) : value.range[0]
      const indent = /^[ \t]*/.exec(text.slice(startOfLine(text, at)))?.[0] ?? ''
      const lines = comments
        .map(comment => (alone ? `${indent}${comment}\n` : `${comment}\n${indent}`))
        .join('')
      edits.unshift({ start: at, end: at, text: lines })
    }
    yield {
      rule: 'broken-inline-table',
      offset: value.range[0],
      message: 'an inline table stands on one line, with commas between its keys',
      edits,
    }
    return
  }
  if (value.kind === 'array' && value.broken) {
    const edits: Edit[] = []
    for (const [index, item] of value.items.entries()) {
      const before = value.items[index - 1]
      if (!item.commaBefore && before)
        edits.push({ start: before.value.range[1], end: before.value.range[1], text: ',' })
    }
    yield {
      rule: 'missing-comma',
      offset: edits[0]?.start ?? value.range[0],
      message: 'a comma is missing between the elements of a list',
      edits,
    }
  }
  for (const item of value.items) yield* brokenIn(text, item.value, lineOf, alone && value.kind !== 'array')
}

function anyBroken(value: ScannedValue): boolean {
  return value.broken || value.items.some(item => item.value.kind !== 'plain' && anyBroken(item.value))
}

function allComments(value: ScannedValue): (readonly [number, number])[] {
  return [...value.comments, ...value.items.flatMap(item => allComments(item.value))].sort(
    (a, b) => a[0] - b[0],
  )
}

function oneLine(text: string, value: ScannedValue): string {
  if (value.kind === 'plain') return text.slice(...value.range)
  const items = value.items.map(item =>
    item.keyText === undefined ? oneLine(text, item.value) : `${item.keyText} = ${oneLine(text, item.value)}`,
  )
  if (value.kind === 'array') return `[${items.join(', ')}]`
  return items.length > 0 ? `{ ${items.join(', ')} }` : '{}'
}

interface Section {
  readonly index: number
  readonly header: ScannedHeader | undefined
  readonly entries: Entry[]
  /** Entries by key, of this table and of its repetitions. */
  readonly known: Map<string, Entry>
}

type Entry = Extract<Scanned, { type: 'entry' }>

function* duplicates(text: string, scanned: readonly Scanned[]): Generator<Repair> {
  const known = new Map<string, Section>()
  const listLengths = new Map<string, number>()
  let current: Section = { index: 0, header: undefined, entries: [], known: new Map() }
  const sections: Section[] = [current]
  for (const item of scanned) {
    if (item.type === 'entry') current.entries.push(item)
    else {
      current = { index: sections.length, header: item, entries: [], known: new Map() }
      sections.push(current)
    }
  }
  for (const [index, section] of sections.entries()) {
    const { header } = section
    const path = header ? resolvedPath(header, listLengths) : ''
    if (header?.kind === 'list') {
      listLengths.set(path, (listLengths.get(path) ?? 0) + 1)
      yield* duplicateKeys(text, section.entries, section.known)
      continue
    }
    const first = known.get(path)
    if (!first || !header) {
      known.set(path, section)
      yield* duplicateKeys(text, section.entries, section.known)
      continue
    }
    yield moved(text, sections, index, first)
    yield* duplicateKeys(text, section.entries, first.known)
  }
}

/** Path of a header with the numbers of the list elements it is in, so that tables of two elements differ. */
function resolvedPath(header: ScannedHeader, listLengths: ReadonlyMap<string, number>): string {
  let path = ''
  for (const [index, key] of header.keys.entries()) {
    path += `${path && '.'}${JSON.stringify(key)}`
    const length = listLengths.get(path)
    if (length !== undefined && index < header.keys.length - 1) path += `#${length - 1}`
  }
  return path
}

/** Moves what a repeated table says to the end of the first one. */
function moved(text: string, sections: readonly Section[], index: number, first: Section): Repair {
  const header = sections[index]!.header!
  const start = withoutBlankLines(text, startOfLine(text, header.range[0]))
  const bodyEnd = endOfSection(text, sections, index)
  const body = text.slice(header.lineEnd, bodyEnd).trimEnd()
  const remark = /#.*/.exec(text.slice(header.range[1], trimmedEnd(text, header.range[1])))?.[0]
  const target = lastContent(text, sections, first.index)
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const gap = index + 1 < sections.length ? text.slice(start, startOfLine(text, header.range[0])) : ''
  const edits: Edit[] = [{ start, end: bodyEnd, text: gap }]
  if (remark) edits.push({ start: target, end: target, text: `${eol}${remark}` })
  if (body) {
    edits.push({ start: target, end: target, text: eol, origin: header.range[0] })
    edits.push({ start: target, end: target, text: body, origin: header.lineEnd })
  }
  return {
    rule: 'duplicate-table',
    offset: header.range[0],
    first: first.header?.range[0] ?? 0,
    message: `${text.slice(...header.range)} is written twice`,
    edits,
  }
}

/** The offset before the blank lines that end there. */
function withoutBlankLines(text: string, end: number): number {
  let start = end
  while (start > 0) {
    const line = startOfLine(text, start - 1)
    if (text.slice(line, start).trim() !== '') break
    start = line
  }
  return start
}

/** Where the section ends: before the comment lines that stand directly above the next header. */
function endOfSection(text: string, sections: readonly Section[], index: number): number {
  const next = sections[index + 1]?.header
  if (!next) return text.length
  let end = startOfLine(text, next.range[0])
  const begin = sections[index]!.header?.lineEnd ?? 0
  while (end > begin) {
    const line = startOfLine(text, end - 1)
    if (line < begin || !/^[ \t]*#/.test(text.slice(line, end))) break
    end = line
  }
  return end
}

function lastContent(text: string, sections: readonly Section[], index: number): number {
  const end = endOfSection(text, sections, index)
  const begin = sections[index]!.header?.range[1] ?? 0
  const content = text.slice(begin, end).trimEnd()
  return begin + content.length
}

/** Keys that come twice with the same value lose the second; with another value somebody has to choose. */
function* duplicateKeys(text: string, entries: readonly Entry[], own: Map<string, Entry>): Generator<Repair> {
  for (const entry of entries) {
    const before = own.get(entry.keyText)
    if (!before) {
      own.set(entry.keyText, entry)
      continue
    }
    const same =
      before.value && entry.value && text.slice(...before.value.range) === text.slice(...entry.value.range)
    yield {
      rule: 'duplicate-key',
      offset: entry.range[0],
      first: before.range[0],
      message: `${entry.keyText} is written twice${same ? '' : ', with different values'}`,
      edits: same ? [withoutEntry(text, entry.range)] : [],
    }
  }
}

/** Takes the line of an entry out; a comment behind it stays. */
function withoutEntry(text: string, [start, end]: readonly [number, number]): Edit {
  const comment = text.slice(end, trimmedEnd(text, end)).indexOf('#')
  if (comment !== -1) return { start, end: end + comment, text: '' }
  return { start: startOfLine(text, start), end: endOfLine(text, end), text: '' }
}
