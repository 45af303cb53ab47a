import type { Filter, Logic, LogicGroup } from './ast.ts'
import { condition, upToComma, wholeQuoted } from './condition.ts'
import { delimiter, field } from './names.ts'
import { char, lexeme, noneOf, string } from './parser/characters.ts'
import {
  attempt,
  label,
  lazy,
  many,
  map,
  or,
  type Parser,
  pure,
  separated,
  sequence,
} from './parser/parser.ts'

const arrayLiteral = attempt(
  sequence([string('{'), many(noneOf('{}')), string('}')], (_open, characters) => `{${characters.join('')}}`),
)

const filter: Parser<Filter> = sequence(
  [field, delimiter, condition(or(wholeQuoted, arrayLiteral, upToComma))],
  (one, _dot, said) => ({ kind: 'filter' as const, field: one, ...said }),
)

const negation = label(
  or(attempt(sequence([string('not'), delimiter], () => true)), pure(false)),
  'negation operator (not)',
)
const operator = label(
  or<'and' | 'or'>(
    attempt(map(string('and'), () => 'and')),
    map(string('or'), () => 'or'),
  ),
  'logic operator (and, or)',
)

const group: Parser<LogicGroup> = sequence(
  [
    negation,
    operator,
    lexeme(char('(')),
    separated(
      lazy(() => logic),
      lexeme(char(',')),
    ),
    lexeme(char(')')),
  ],
  (negated, kind, _open, members) => ({ kind, negated, members }),
)

/** `or(a.eq.1,not.and(b.gt.2,c.is.null))` */
export const logic: Parser<Logic> = or<Logic>(attempt(filter), group)
