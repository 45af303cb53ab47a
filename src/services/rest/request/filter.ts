import { restErrors } from '../errors.ts'
import type { Condition, FieldPath, Filter, Group, OrderTerm } from './ast.ts'
import { Scanner } from './scanner.ts'
import { jsonSteps } from './select.ts'

/** Operators and what they are in SQL. */
export const operators: Readonly<Record<string, string>> = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'like',
  ilike: 'ilike',
  match: '~',
  imatch: '~*',
  in: 'in',
  is: 'is',
  isdistinct: 'is distinct from',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
}

const quantifiable = new Set(['eq', 'gt', 'gte', 'lt', 'lte', 'like', 'ilike', 'match', 'imatch'])

/** `not.eq.5`, `in.(1,2)`, `like(any).{a,b}`, `fts(english).x`: undefined when it does not begin with an operator. */
export function parseCondition(field: FieldPath, text: string): Condition | undefined {
  let rest = text
  let negated = false
  while (rest.startsWith('not.')) {
    negated = !negated
    rest = rest.slice(4)
  }
  const found = /^([a-z]+)(?:\(([^)]*)\))?\./.exec(rest)
  const operator = found?.[1]
  if (!found || operator === undefined || !(operator in operators)) return undefined
  const argument = found[2]
  const isText = operator.endsWith('fts')
  if (
    argument !== undefined &&
    !isText &&
    !(quantifiable.has(operator) && (argument === 'any' || argument === 'all'))
  )
    return undefined
  return {
    kind: 'condition',
    field,
    operator,
    modifier: isText ? undefined : (argument as 'any' | 'all' | undefined),
    language: isText ? argument : undefined,
    negated,
    value: rest.slice(found[0].length),
  }
}

/** The inside of `or=(…)` or `and=(…)`. */
export function parseGroup(kind: 'and' | 'or', negated: boolean, text: string): Group {
  const scanner = new Scanner(text)
  if (!scanner.accept('(')) scanner.fail('"("')
  const group = { kind, negated, members: members(scanner) }
  if (!scanner.done) scanner.fail('end of input')
  return group
}

function members(scanner: Scanner): Filter[] {
  const list: Filter[] = []
  do list.push(member(scanner))
  while (scanner.accept(','))
  if (!scanner.accept(')')) scanner.fail('"," or ")"')
  return list
}

function member(scanner: Scanner): Filter {
  const nested = scanner.match(/(?:not\.)*(?:and|or)\(/y)
  if (nested !== undefined) {
    const negated = (nested.match(/not\./g)?.length ?? 0) % 2 === 1
    return { kind: nested.endsWith('and(') ? 'and' : 'or', negated, members: members(scanner) }
  }
  const name = scanner.name()
  const steps = jsonSteps(scanner)
  if (!scanner.accept('.')) scanner.fail('"."')
  const from = scanner.at
  const operation = scanner.match(/(?:not\.)*[a-z]+(?:\([^)]*\))?\./y)
  if (operation === undefined) scanner.fail('operator (eq, gt, ...)')
  const value = logicValue(scanner)
  const condition = parseCondition({ name, steps }, operation + value)
  if (!condition) {
    scanner.at = from
    return scanner.fail('operator (eq, gt, ...)')
  }
  return condition
}

/** A value ends at a comma or parenthesis, unless it is quoted, a list or an array. */
function logicValue(scanner: Scanner): string {
  if (scanner.peek('"')) return scanner.quoted()
  if (scanner.peek('(')) return scanner.match(/\((?:"(?:[^"\\]|\\.)*"|[^)"])*\)/y) ?? scanner.fail('")"')
  if (scanner.peek('{')) return scanner.match(/\{(?:"(?:[^"\\]|\\.)*"|[^}"])*\}/y) ?? scanner.fail('"}"')
  return scanner.match(/[^,)]*/y) ?? ''
}

/** `(1,"two, three",4)` */
export function parseList(text: string): string[] {
  if (!text.startsWith('(') || !text.endsWith(')'))
    throw restErrors.parse(
      `"failed to parse filter (in.${text})" (line 1, column 4)`,
      `unexpected "${text[0] ?? ''}" expecting "("`,
    )
  const scanner = new Scanner(text.slice(1, -1))
  const values: string[] = []
  if (scanner.done) return values
  do values.push(scanner.peek('"') ? scanner.quoted() : (scanner.match(/[^,]*/y) ?? ''))
  while (scanner.accept(','))
  return values
}

export function parseOrder(text: string): OrderTerm[] {
  const scanner = new Scanner(text)
  const terms: OrderTerm[] = []
  do {
    let name = scanner.name()
    let relation: string | undefined
    if (scanner.accept('(')) {
      relation = name
      name = scanner.name()
    }
    const steps = jsonSteps(scanner)
    if (relation !== undefined && !scanner.accept(')')) scanner.fail('")"')
    const descending = scanner.accept('.desc')
    if (!descending) scanner.accept('.asc')
    const nulls = scanner.accept('.nullsfirst') ? 'first' : scanner.accept('.nullslast') ? 'last' : undefined
    terms.push({ field: { name, steps }, relation, descending, nulls })
  } while (scanner.accept(','))
  if (!scanner.done) scanner.fail('"," or end of input')
  return terms
}
