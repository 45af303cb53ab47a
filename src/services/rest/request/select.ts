import type { FieldPath, SelectItem } from './ast.ts'
import { Scanner } from './scanner.ts'

const aggregates = ['count', 'sum', 'avg', 'max', 'min']

export function parseSelect(text: string): SelectItem[] {
  if (text === '') return [allColumns]
  const scanner = new Scanner(text)
  const items = list(scanner)
  if (!scanner.done) scanner.fail('"," or end of input')
  return items
}

export const allColumns: SelectItem = {
  kind: 'column',
  field: { name: '*', steps: [] },
  alias: undefined,
  cast: undefined,
  aggregate: undefined,
  aggregateCast: undefined,
}

function list(scanner: Scanner): SelectItem[] {
  const items: SelectItem[] = []
  if (scanner.done || scanner.peek(')')) return items
  do items.push(item(scanner))
  while (scanner.accept(','))
  return items
}

function item(scanner: Scanner): SelectItem {
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
  if (scanner.accept('(')) {
    if (name === 'count' && scanner.accept(')')) {
      return {
        ...allColumns,
        kind: 'column',
        alias,
        aggregate: 'count',
        aggregateCast: cast(scanner),
      } as SelectItem
    }
    const items = list(scanner)
    if (!scanner.accept(')')) scanner.fail('")"')
    return { kind: 'embed', relation: name, alias, hint, inner, spread, items }
  }
  const steps = jsonSteps(scanner)
  const before = cast(scanner)
  let aggregate: string | undefined
  if (scanner.accept('.')) {
    aggregate = aggregates.find(known => scanner.accept(`${known}()`)) ?? scanner.fail('an aggregate')
  }
  return {
    kind: 'column',
    field: { name, steps },
    alias,
    cast: before,
    aggregate,
    aggregateCast: aggregate === undefined ? undefined : cast(scanner),
  }
}

function cast(scanner: Scanner): string | undefined {
  if (!scanner.accept('::')) return undefined
  return scanner.match(/[\p{L}\p{N}_ ]+(?:\[\])?/uy) ?? scanner.fail('a type')
}

export function jsonSteps(scanner: Scanner): FieldPath['steps'] {
  const steps: { arrow: '->' | '->>'; key: string }[] = []
  for (;;) {
    const arrow = scanner.accept('->>') ? '->>' : scanner.accept('->') ? '->' : undefined
    if (!arrow) return steps
    const key = scanner.peek('"')
      ? scanner.quoted()
      : scanner.match(/-?\d+|[^\s,.:()>&|-]+(?:-(?!>)[^\s,.:()>-]+)*/y)
    if (key === undefined) scanner.fail('a key')
    steps.push({ arrow, key })
  }
}

export function parseField(text: string): FieldPath {
  const scanner = new Scanner(text)
  const name = scanner.name()
  const steps = jsonSteps(scanner)
  if (!scanner.done) scanner.fail('"->" or end of input')
  return { name, steps }
}
