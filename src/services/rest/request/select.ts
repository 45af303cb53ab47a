import type { Aggregate, Join, SelectedField, SelectedRelation, SelectItem } from './ast.ts'
import { field, fieldName, identifier } from './names.ts'
import { char, eof, lexeme, string } from './parser/characters.ts'
import { shown } from './parser/failure.ts'
import {
  ahead,
  attempt,
  between,
  chain,
  lazy,
  map,
  option,
  or,
  type Parser,
  pure,
  separated,
  sequence,
  unless,
} from './parser/parser.ts'

const optional = <T>(parser: Parser<T>): Parser<T | undefined> => option(parser, undefined)
const refuse: Parser<never> = () => ({ ok: false, consumed: false, failure: undefined })

const aliasEnd = sequence(
  [char(':'), unless(char(':'), character => shown(character, "'"))],
  _colon => undefined,
)
const alias = optional(attempt(sequence([fieldName, aliasEnd], name => name)))

type Parameter = { readonly join: Join } | { readonly hint: string }
const parameter: Parser<Parameter> = sequence(
  [
    char('!'),
    or<Parameter>(
      attempt(map(string('left'), () => ({ join: 'left' as const }))),
      attempt(map(string('inner'), () => ({ join: 'inner' as const }))),
      attempt(map(fieldName, hint => ({ hint }))),
    ),
  ],
  (_mark, chosen) => chosen,
)
const parameters = sequence([optional(parameter), optional(parameter)], (one, two) => {
  const all = { ...two, ...one } as { readonly hint?: string; readonly join?: Join }
  return { hint: all.hint, join: all.join }
})
const opensList = attempt(ahead(string('(')))

type Head = Omit<SelectedRelation, 'items'>

const spreadHead: Parser<Head> = lexeme(
  sequence([string('...'), fieldName, parameters, opensList], (_dots, relation, { hint, join }) => ({
    kind: 'relation' as const,
    relation,
    alias: undefined,
    hint,
    join,
    spread: true,
  })),
)

/** `count()` is an aggregate, not a relation of that name. */
const relationName = chain(fieldName, name => (name === 'count' ? refuse : pure(name)))

const relationHead: Parser<Head> = lexeme(
  sequence([alias, relationName, parameters, opensList], (name, relation, { hint, join }) => ({
    kind: 'relation' as const,
    relation,
    alias: name,
    hint,
    join,
    spread: false,
  })),
)

const fieldEnd = or<unknown>(attempt(ahead(string(')'))), attempt(ahead(string(','))), attempt(eof))
const cast = optional(sequence([string('::'), identifier], (_colons, type) => type))
const aggregate: Parser<Aggregate> = or<Aggregate>(
  map(string('sum'), () => 'sum'),
  map(string('avg'), () => 'avg'),
  map(string('count'), () => 'count'),
  map(attempt(string('max')), () => 'max'),
  map(attempt(string('min')), () => 'min'),
)
const everything = { name: '*', path: [] }

export const allColumns: SelectedField = {
  kind: 'field',
  field: everything,
  alias: undefined,
  cast: undefined,
  aggregate: undefined,
  aggregateCast: undefined,
}

const selectedField: Parser<SelectedField> = lexeme(
  or<SelectedField>(
    attempt(sequence([string('*'), fieldEnd], () => allColumns)),
    attempt(
      sequence([alias, string('count()'), cast, fieldEnd], (name, _count, aggregateCast) => ({
        ...allColumns,
        alias: name,
        aggregate: 'count' as const,
        aggregateCast,
      })),
    ),
    sequence(
      [
        alias,
        field,
        cast,
        optional(attempt(sequence([char('.'), aggregate, string('()')], (_dot, name) => name))),
        cast,
        fieldEnd,
      ],
      (name, chosen, type, aggregated, aggregateCast) => ({
        kind: 'field' as const,
        field: chosen,
        alias: name,
        cast: type,
        aggregate: aggregated,
        aggregateCast,
      }),
    ),
  ),
)

const inParentheses: Parser<readonly SelectItem[]> = between(
  char('('),
  lazy(() => selectList),
  char(')'),
)
const embedded = (head: Parser<Head>): Parser<SelectItem> =>
  sequence([attempt(head), inParentheses], (one, items) => ({ ...one, items }))

/** `select=`: columns with aliases, casts, JSON paths and aggregates, and embedded resources; empty for nothing. */
export const selectList: Parser<readonly SelectItem[]> = option(
  separated(or<SelectItem>(embedded(spreadHead), embedded(relationHead), selectedField), lexeme(char(','))),
  [],
)
