import type { Condition, Operation, QuantOperator, SimpleOperator, TextSearch } from './ast.ts'
import { delimiter, identifier, quoted } from './names.ts'
import { anyCase, anyChar, char, lexeme, noneOf, string } from './parser/characters.ts'
import { shown } from './parser/failure.ts'
import {
  attempt,
  between,
  label,
  many,
  map,
  option,
  or,
  type Parser,
  pure,
  separated,
  sequence,
  unless,
} from './parser/parser.ts'

/** Everything to the end. */
export const restOfText = map(many(anyChar), characters => characters.join(''))

/** Quotes count only around a whole element. */
export const wholeQuoted = attempt(
  sequence([quoted, unless(noneOf(',)'), character => shown(character, "'"))], text => text),
)
export const upToComma = map(many(noneOf(',)')), characters => characters.join(''))

const list: Parser<string[]> = sequence(
  [lexeme(char('(')), separated(or(wholeQuoted, upToComma), char(',')), lexeme(char(')'))],
  (_open, elements) => elements,
)

const words = <T extends string>(...known: readonly T[]): Parser<T> =>
  or(...known.map(word => attempt(map(string(word), () => word))))

const simple = words<SimpleOperator>('neq', 'cs', 'cd', 'ov', 'sl', 'sr', 'nxr', 'nxl', 'adj')
// Of two that begin alike, the longer must be tried first.
const quantified = words<QuantOperator>('eq', 'gte', 'gt', 'lte', 'lt', 'like', 'ilike', 'match', 'imatch')
const search = words<TextSearch>('fts', 'plfts', 'phfts', 'wfts')

const quantifier = option(attempt(between(char('('), words('any', 'all'), char(')'))), undefined)
const language = option(attempt(between(char('('), identifier, char(')'))), undefined)

type Truth = 'null' | 'true' | 'false' | 'unknown'
const truth = label(
  or<Truth>(
    ...(['null', 'unknown', 'true', 'false'] as const).map(word => attempt(map(anyCase(word), () => word))),
  ),
  'null or trilean value (unknown, true, false)',
)
const named = (word: string) => attempt(sequence([string(word), delimiter], () => undefined))
const negation = or(attempt(sequence([string('not'), delimiter], () => true)), pure(false))

/** `not.eq.5`, `in.(1,2)`, `like(any).{a,b}`, `fts(english).x`; `value` reads what stands at the end. */
export function condition(value: Parser<string>): Parser<Condition> {
  const operation = or<Operation>(
    sequence([named('in'), list], (_in, values) => ({ kind: 'in' as const, values })),
    sequence([named('is'), truth], (_is, word) => ({ kind: 'is' as const, value: word })),
    sequence([named('isdistinct'), value], (_is, text) => ({ kind: 'distinct' as const, value: text })),
    attempt(
      sequence([search, language, delimiter, value], (operator, words, _dot, text) => ({
        kind: 'search' as const,
        operator,
        language: words,
        value: text,
      })),
    ),
    attempt(
      sequence([simple, delimiter, value], (operator, _dot, text) => ({
        kind: 'simple' as const,
        operator,
        value: text,
      })),
    ),
    attempt(
      sequence([quantified, quantifier, delimiter, value], (operator, of, _dot, text) => ({
        kind: 'quantified' as const,
        operator,
        quantifier: of,
        value: text,
      })),
    ),
  )
  return sequence([negation, label(operation, 'operator (eq, gt, ...)')], (negated, one) => ({
    negated,
    operation: one,
  }))
}
