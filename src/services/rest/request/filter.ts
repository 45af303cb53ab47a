import type { Condition, FieldPath } from './ast.ts'
import { isFullText, operators, quantifiable } from './operators.ts'
import { Scanner } from './scanner.ts'

/** Whether a parameter's value is a filter; of a function's parameters, the others are arguments. */
export function looksLikeFilter(text: string): boolean {
  const found = /^(?:not\.)?([a-z]+)(?:\([^)]*\))?\./.exec(text)
  return found?.[1] !== undefined && operators.has(found[1])
}

/** `not.eq.5`, `in.(1,2)`, `like(any).{a,b}`, `fts(english).x` */
export function parseFilter(field: FieldPath, text: string): Condition {
  const scanner = new Scanner(text, 'filter')
  return parseCondition(field, scanner, () => scanner.match(/.*/sy) ?? '')
}

/** Reads operator and operand. `rest` reads an operand that is neither a list nor a word: where it ends depends on what is around. */
export function parseCondition(field: FieldPath, scanner: Scanner, rest: () => string): Condition {
  const negated = scanner.accept('not.')
  const start = scanner.at
  const operator = scanner.match(/[a-z]+/y) ?? ''
  if (!operators.has(operator)) {
    scanner.at = start
    return scanner.fail(negated ? 'operator (eq, gt, ...)' : '"not" or operator (eq, gt, ...)')
  }
  let modifier: Condition['modifier']
  let language: string | undefined
  if (quantifiable.has(operator) && scanner.peek('('))
    modifier = scanner.accept('(any)')
      ? 'any'
      : scanner.accept('(all)')
        ? 'all'
        : scanner.fail('"any" or "all"')
  if (isFullText(operator) && scanner.peek('('))
    language = (scanner.match(/\([^)]+\)/y) ?? scanner.fail('a language')).slice(1, -1)
  if (!scanner.accept('.')) scanner.fail('"."')
  const operand = operator === 'in' ? parseList(scanner) : operator === 'is' ? parseWord(scanner) : rest()
  return { kind: 'condition', field, operator, modifier, language, negated, operand }
}

/** `(1,"two, three",4)` */
function parseList(scanner: Scanner): readonly string[] {
  if (!scanner.accept('(')) scanner.fail('"("')
  const values: string[] = []
  scanner.skipBlanks()
  if (scanner.accept(')')) return values
  do {
    scanner.skipBlanks()
    const quoted = scanner.peek('"')
    values.push(quoted ? scanner.quoted() : (scanner.match(/[^,)]*/y) ?? ''))
    if (quoted) scanner.skipBlanks()
  } while (scanner.accept(','))
  if (!scanner.accept(')')) scanner.fail('"," or ")"')
  return values
}

function parseWord(scanner: Scanner): string {
  const word = scanner.match(/(?:null|not_null|true|false|unknown)(?![a-z_])/iy)
  return word?.toLowerCase() ?? scanner.fail('null or trilean value (unknown, true, false)')
}
