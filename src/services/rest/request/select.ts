import { aggregateNames, type ColumnItem, type SelectItem } from './ast.ts'
import { parseJsonSteps } from './field.ts'
import { Scanner } from './scanner.ts'

export const allColumns: ColumnItem = {
  kind: 'column',
  field: { name: '*', steps: [] },
  alias: undefined,
  cast: undefined,
  aggregate: undefined,
  aggregateCast: undefined,
}

/** `select=`: columns with aliases, casts, JSON paths and aggregates, and embedded resources. */
export function parseSelect(text: string): readonly SelectItem[] {
  if (text.trim() === '') return [allColumns]
  const scanner = new Scanner(text, 'select parameter')
  const items = list(scanner)
  scanner.end('letter, digit, "-", "->>", "->", "::", ".", "," or end of input')
  return items
}

function list(scanner: Scanner): readonly SelectItem[] {
  const items: SelectItem[] = []
  scanner.skipBlanks()
  if (scanner.done || scanner.peek(')')) return items
  do {
    items.push(item(scanner))
    scanner.skipBlanks()
  } while (scanner.accept(','))
  return items
}

function item(scanner: Scanner): SelectItem {
  scanner.skipBlanks()
  const spread = scanner.accept('...')
  let name = scanner.name()
  let alias: string | undefined
  if (scanner.peek(':') && !scanner.peek('::')) {
    scanner.accept(':')
    alias = name
    name = scanner.name()
  }
  let hint: string | undefined
  let inner = false
  while (scanner.accept('!')) {
    const word = scanner.name()
    if (word === 'inner') inner = true
    else if (word !== 'left') hint = word
  }
  if (name === 'count' && hint === undefined && scanner.accept('()'))
    return { ...allColumns, alias, aggregate: 'count', aggregateCast: cast(scanner) }
  if (scanner.accept('(')) {
    const items = scanner.nested(() => list(scanner))
    if (!scanner.accept(')')) scanner.fail('"," or ")"')
    return { kind: 'embed', relation: name, alias, hint, inner, spread, items }
  }
  if (spread || hint !== undefined || inner) scanner.fail('"("')
  const field = { name, steps: parseJsonSteps(scanner) }
  const before = cast(scanner)
  const aggregate = scanner.accept('.')
    ? (aggregateNames.find(known => scanner.accept(`${known}()`)) ??
      scanner.fail('"sum()", "avg()", "count()", "max()" or "min()"'))
    : undefined
  return {
    kind: 'column',
    field,
    alias,
    cast: before,
    aggregate,
    aggregateCast: aggregate && cast(scanner),
  }
}

/** A type's name goes into the statement as it is, so that it may hold nothing but a name. */
function cast(scanner: Scanner): string | undefined {
  if (!scanner.accept('::')) return undefined
  const type = scanner.match(
    /[\p{L}_][\p{L}\p{N}_ ]*(?:\.[\p{L}_][\p{L}\p{N}_]*(?![\p{L}\p{N}_(]))?(?:\[\])?/uy,
  )
  return type?.trim() ?? scanner.fail('a type')
}
