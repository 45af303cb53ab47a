import { type AST, getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser'
import type { HangarError } from '#kernel'
import { manifestErrors } from '../errors.ts'
import type { Position } from './lines.ts'

/** No file that somebody wrote goes deeper; remembering each place of a deeper one would take all memory. */
export const deepestPath = 64

export type Range = readonly [start: number, end: number]

/** `key = value`, as it is written. */
export interface TomlEntry {
  /** From the top, with the numbers of list elements. */
  readonly path: readonly PropertyKey[]
  /** Last part of the key. */
  readonly key: string
  readonly range: Range
  readonly keyRange: Range
  readonly valueRange: Range
  /** More than one part: `a.b = 1`. */
  readonly dotted: boolean
}

/** A `[header]` or `[[header]]` with the entries below it; the first table of a document has no header. */
export interface TomlTable {
  readonly path: readonly PropertyKey[]
  readonly kind: 'root' | 'table' | 'list'
  /** The header with its brackets; empty for the root. */
  readonly header: Range
  readonly entries: readonly TomlEntry[]
}

export interface TomlDocument {
  readonly file: string
  /** The text without a byte order mark; all ranges count in it. */
  readonly text: string
  readonly value: Record<string, unknown>
  readonly tables: readonly TomlTable[]
  /** Where the value at that path is written; falls back to the nearest parent that is. */
  positionOf(path: readonly PropertyKey[]): Position
}

/** Parses TOML 1.0 and remembers where everything is. Throws a user error with file:line:column, and nothing else. */
export function parseToml(given: string, file: string): TomlDocument {
  const text = given.replace(/^\uFEFF/, '')
  const { ast, value } = parse(text, file)
  const positions = new Map<string, Position>()
  const tables: TomlTable[] = []
  const root: TomlEntry[] = []
  tables.push({ path: [], kind: 'root', header: [0, 0], entries: root })
  for (const node of ast.body[0].body) {
    if (node.type === 'TOMLTable') {
      if (node.resolvedKey.length > deepestPath) throw tooDeep(file, node)
      note(positions, node.resolvedKey, node.key)
      const entries: TomlEntry[] = []
      tables.push({
        path: node.resolvedKey,
        kind: node.kind === 'array' ? 'list' : 'table',
        header: [node.range[0], headerEnd(text, node)],
        entries,
      })
      for (const entry of node.body) entries.push(notePair(positions, node.resolvedKey, entry, file))
    } else {
      root.push(notePair(positions, [], node, file))
    }
  }
  return {
    file,
    text,
    value,
    tables,
    positionOf(path) {
      const written = asWritten(value, path)
      for (let length = written.length; length > 0; length--) {
        const found = positions.get(keyOf(written.slice(0, length)))
        if (found) return found
      }
      return { line: 1, column: 1 }
    },
  }
}

function parse(text: string, file: string): { ast: AST.TOMLProgram; value: Record<string, unknown> } {
  try {
    const ast = parseTOML(text, { tomlVersion: '1.0.0' })
    return { ast, value: getStaticTOMLValue(ast) as Record<string, unknown> }
  } catch (error) {
    if (error instanceof ParseError)
      throw manifestErrors.syntax(file, { line: error.lineNumber, column: error.column + 1 }, error.message)
    // What recurses too deep, or trips over its own feet, is no file that somebody wrote.
    throw manifestErrors.syntax(file, { line: 1, column: 1 }, 'it is nested too deeply to be read')
  }
}

/** Sections that may be one table or a list are checked as lists: an index into what is no list is passed over. */
export function asWritten(value: unknown, path: readonly PropertyKey[]): PropertyKey[] {
  let current = value
  const written: PropertyKey[] = []
  for (const part of path) {
    if (typeof part === 'number' && !Array.isArray(current)) continue
    written.push(part)
    current = (current as Record<PropertyKey, unknown> | undefined)?.[part]
  }
  return written
}

function headerEnd(text: string, node: AST.TOMLTable): number {
  const close = text.indexOf(']', node.key.range[1])
  return close + (node.kind === 'array' ? 2 : 1)
}

function notePair(
  positions: Map<string, Position>,
  parent: readonly PropertyKey[],
  pair: AST.TOMLKeyValue,
  file: string,
): TomlEntry {
  if (parent.length + pair.key.keys.length > deepestPath) throw tooDeep(file, pair)
  const path = [...parent]
  for (const key of pair.key.keys) {
    const name = key.type === 'TOMLBare' ? key.name : key.value
    // JavaScript would set an object's prototype.
    if (name === '__proto__')
      throw manifestErrors.syntax(
        file,
        { line: key.loc.start.line, column: key.loc.start.column + 1 },
        'a key must not be __proto__',
      )
    path.push(name)
    note(positions, path, key)
  }
  noteContent(positions, path, pair.value, file)
  return {
    path,
    key: String(path.at(-1)),
    range: pair.range,
    keyRange: pair.key.range,
    valueRange: pair.value.range,
    dotted: pair.key.keys.length > 1,
  }
}

function noteContent(
  positions: Map<string, Position>,
  path: readonly PropertyKey[],
  node: AST.TOMLContentNode,
  file: string,
): void {
  if (node.type === 'TOMLInlineTable') for (const pair of node.body) notePair(positions, path, pair, file)
  if (node.type === 'TOMLArray') {
    if (path.length >= deepestPath) throw tooDeep(file, node)
    for (const [index, element] of node.elements.entries()) {
      note(positions, [...path, index], element)
      noteContent(positions, [...path, index], element, file)
    }
  }
}

function tooDeep(file: string, { loc }: AST.TOMLNode): HangarError {
  return manifestErrors.syntax(
    file,
    { line: loc.start.line, column: loc.start.column + 1 },
    'it is nested too deeply to be read',
  )
}

function note(positions: Map<string, Position>, path: readonly PropertyKey[], node: AST.TOMLNode): void {
  const { line, column } = node.loc.start
  const key = keyOf(path)
  if (!positions.has(key)) positions.set(key, { line, column: column + 1 })
}

function keyOf(path: readonly PropertyKey[]): string {
  return path.map(part => JSON.stringify(String(part))).join('.')
}
