import type { Filter, Group } from './ast.ts'
import { parseField } from './field.ts'
import { parseCondition } from './filter.ts'
import { Scanner } from './scanner.ts'

/** The inside of `or=(…)` or `and=(…)`. */
export function parseLogic(kind: 'and' | 'or', negated: boolean, text: string): Group {
  const scanner = new Scanner(text, 'logic tree')
  const group = { kind, negated, members: members(scanner) }
  scanner.skipBlanks()
  scanner.end()
  return group
}

function members(scanner: Scanner): readonly Filter[] {
  if (!scanner.accept('(')) scanner.fail('"("')
  const list: Filter[] = []
  do {
    scanner.skipBlanks()
    list.push(member(scanner))
    scanner.skipBlanks()
  } while (scanner.accept(','))
  if (!scanner.accept(')')) scanner.fail('"," or ")"')
  return list
}

function member(scanner: Scanner): Filter {
  const word = scanner.match(/(?:not\.)?(?:and|or)(?=\()/y)
  if (word !== undefined) {
    const kind = word.endsWith('and') ? 'and' : 'or'
    return { kind, negated: word.startsWith('not.'), members: scanner.nested(() => members(scanner)) }
  }
  const field = parseField(scanner)
  if (!scanner.accept('.')) scanner.fail('"."')
  return parseCondition(field, scanner, () => operand(scanner))
}

/** A value ends at a comma or parenthesis, unless it is in quotes or is an array. */
function operand(scanner: Scanner): string {
  if (scanner.peek('"')) {
    const at = scanner.at
    const quoted = scanner.quoted()
    if (scanner.done || scanner.peek(',') || scanner.peek(')')) return quoted
    scanner.at = at
  }
  if (scanner.peek('{')) return scanner.match(/\{(?:"(?:[^"\\]|\\.)*"|[^}"])*\}/sy) ?? scanner.fail('"}"')
  return scanner.match(/[^,)]*/y) ?? ''
}
