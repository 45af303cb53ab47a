import { type AST, getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser'
import { manifestErrors } from './errors.ts'

/** Line and column, both from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface TomlDocument {
  readonly file: string
  readonly value: Record<string, unknown>
  /** Where the value at that path is written; falls back to the nearest parent that is. */
  positionOf(path: readonly PropertyKey[]): Position
}

/** Parses TOML and remembers where everything is. Throws a user error with file:line:column. */
export function parseToml(text: string, file: string): TomlDocument {
  let ast: AST.TOMLProgram
  try {
    ast = parseTOML(text.replace(/^\uFEFF/, ''), { tomlVersion: '1.0.0' })
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    throw manifestErrors.syntax(file, { line: error.lineNumber, column: error.column + 1 }, error.message)
  }
  const positions = new Map<string, Position>()
  for (const node of ast.body[0].body) {
    if (node.type === 'TOMLTable') {
      note(positions, node.resolvedKey, node.key)
      for (const entry of node.body) notePair(positions, node.resolvedKey, entry)
    } else {
      notePair(positions, [], node)
    }
  }
  return {
    file,
    value: getStaticTOMLValue(ast) as Record<string, unknown>,
    positionOf(path) {
      for (let length = path.length; length > 0; length--) {
        const found = positions.get(keyOf(path.slice(0, length)))
        if (found) return found
      }
      return { line: 1, column: 1 }
    },
  }
}

function notePair(
  positions: Map<string, Position>,
  parent: readonly PropertyKey[],
  pair: AST.TOMLKeyValue,
): void {
  const path = [...parent]
  for (const key of pair.key.keys) {
    path.push(key.type === 'TOMLBare' ? key.name : key.value)
    note(positions, path, key)
  }
  noteContent(positions, path, pair.value)
}

function noteContent(
  positions: Map<string, Position>,
  path: readonly PropertyKey[],
  node: AST.TOMLContentNode,
): void {
  if (node.type === 'TOMLInlineTable') for (const pair of node.body) notePair(positions, path, pair)
  if (node.type === 'TOMLArray') {
    for (const [index, element] of node.elements.entries()) {
      note(positions, [...path, index], element)
      noteContent(positions, [...path, index], element)
    }
  }
}

function note(positions: Map<string, Position>, path: readonly PropertyKey[], node: AST.TOMLNode): void {
  const { line, column } = node.loc.start
  const key = keyOf(path)
  if (!positions.has(key)) positions.set(key, { line, column: column + 1 })
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String))
}
