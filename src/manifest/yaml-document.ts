import { messageOf } from '#kernel'
import { manifestErrors } from './errors.ts'
import { asWritten, deepestPath, type TomlDocument } from './toml/document.ts'
import { Lines, type Position } from './toml/lines.ts'
import { loadYaml } from './yaml.ts'

/**
 * The same document as `parseToml` gives, of a fly.json or fly.yaml (JSON is YAML). It has no tables, so nothing in it
 * can be mended. Throws a user error with file:line:column, and nothing else.
 */
export function parseYamlDocument(given: string, file: string): TomlDocument {
  const text = given.replace(/^\uFEFF/, '')
  const { isMap, isScalar, isSeq, parseDocument } = loadYaml()
  const lines = new Lines(text)
  const offsets = new Map<string, number>()
  const keyOf = (path: readonly PropertyKey[]) => JSON.stringify(path.map(String))
  const refuse = (offset: number, message: string) =>
    manifestErrors.syntax(file, lines.positionAt(offset), message.split('\n')[0] ?? message)

  const walk = (node: unknown, path: readonly PropertyKey[]): void => {
    if (path.length > deepestPath) throw refuse(0, 'it is nested too deeply to be read')
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : String(key)
        const offset = (isScalar(key) ? key.range?.[0] : undefined) ?? 0
        if (name === '__proto__') throw refuse(offset, 'a key must not be __proto__')
        offsets.set(keyOf([...path, name]), offset)
        walk(value, [...path, name])
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        const range = (item as { range?: readonly number[] | null } | null)?.range
        offsets.set(keyOf([...path, index]), range?.[0] ?? 0)
        walk(item, [...path, index])
      }
    }
  }

  let value: unknown
  try {
    const document = parseDocument(text, { prettyErrors: false })
    const [error] = document.errors
    if (error) throw refuse(error.pos[0], error.message)
    walk(document.contents, [])
    value = document.toJS()
  } catch (error) {
    if (error instanceof Error && error.name === 'HangarError') throw error
    throw refuse(0, messageOf(error))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(0, 'it is no table of keys and values')
  const table = value as Record<string, unknown>
  return {
    file,
    text,
    value: table,
    tables: [],
    positionOf(path): Position {
      const written = asWritten(table, path)
      for (let length = written.length; length > 0; length--) {
        const found = offsets.get(keyOf(written.slice(0, length)))
        if (found !== undefined) return lines.positionAt(found)
      }
      return { line: 1, column: 1 }
    },
  }
}
