import type { OrderTerm } from './ast.ts'
import { delimiter, field, fieldName } from './names.ts'
import { char, eof, lexeme, string } from './parser/characters.ts'
import {
  ahead,
  attempt,
  between,
  map,
  option,
  or,
  type Parser,
  separated,
  sequence,
} from './parser/parser.ts'

const dotted = <T extends string>(...known: readonly T[]): Parser<T> =>
  or(...known.map(word => attempt(sequence([delimiter, string(word)], () => word))))

const direction = option(dotted('asc', 'desc'), undefined)
const nulls = map(dotted('nullsfirst', 'nullslast'), word =>
  word === 'nullsfirst' ? ('first' as const) : ('last' as const),
)
const end = or<unknown>(attempt(ahead(char(','))), attempt(eof))
const nullsAtEnd = or(
  sequence([option(nulls, undefined), end], found => found),
  map(end, () => undefined),
)

const ofRelation: Parser<OrderTerm> = sequence(
  [fieldName, between(char('('), field, char(')')), direction, nullsAtEnd],
  (relation, column, way, where) => ({ relation, field: column, direction: way, nulls: where }),
)
const ofField: Parser<OrderTerm> = sequence([field, direction, nullsAtEnd], (column, way, where) => ({
  relation: undefined,
  field: column,
  direction: way,
  nulls: where,
}))

/** `a.desc.nullslast,b->x,relation(c).asc` */
export const orderList = separated(lexeme(or(attempt(ofRelation), ofField)), char(','))
